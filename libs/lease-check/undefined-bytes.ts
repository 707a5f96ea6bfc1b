const CRC_START = 8;
const CRC_END = 12;

export const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/**
 * The first byte, checksum aside, in which a page differs from the same content written anew: one that the
 * format leaves zero. Undefined when there is none.
 */
export function undefinedByte(bytes: Uint8Array, anew: Uint8Array): number | undefined {
  const at = bytes.findIndex(
    (byte, index) => byte !== anew[index] && (index < CRC_START || index >= CRC_END),
  );
  return at < 0 ? undefined : at;
}
