const WASM_PAGE_BYTES = 65_536;

interface WasmMemory {
  new (descriptor: { initial: number }): { readonly buffer: ArrayBuffer };
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: WasmMemory } };

/** O_DIRECT needs memory that starts on a page; that of WebAssembly does, a Buffer's may not. */
export function alignedBuffer(bytes: number): Buffer {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / WASM_PAGE_BYTES) });
  return Buffer.from(memory.buffer, 0, bytes);
}
