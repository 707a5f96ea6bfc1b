import type { TargetHost } from './remap-target.js';

/** Random content of a device's first sectors, kept beside it, so that what is read can be judged. */
export class KnownContent {
  private constructor(
    private readonly host: TargetHost,
    private readonly path: string,
    private readonly image: string,
  ) {}

  static async written(host: TargetHost, path: string): Promise<KnownContent> {
    const image = (await host.run('mktemp /tmp/image.XXXXXX')).trim();
    await host.run(
      `head -c 4194304 /dev/urandom > ${image};
       dd if=${image} of=${path} bs=1M oflag=direct,dsync conv=notrunc status=none`,
    );
    return new KnownContent(host, path, image);
  }

  /** How a read of sectors ends. */
  async reads(first: number, count: number): Promise<'right' | 'error' | 'WRONG'> {
    const { code } = await this.host.exec(
      `set -o pipefail; dd if=${this.path} bs=512 skip=${first} count=${count} iflag=direct status=none > /tmp/read || exit 5;
       cmp /tmp/read <(dd if=${this.image} bs=512 skip=${first} count=${count} status=none) || exit 6`,
    );
    return code === 0 ? 'right' : code === 5 ? 'error' : 'WRONG';
  }

  /** Writes sectors anew; fails when the device does not take them, and then they hold either. */
  async write(first: number, count: number): Promise<void> {
    await this.host.run(
      `head -c ${count * 512} /dev/urandom | dd of=${this.image} bs=512 seek=${first} conv=notrunc iflag=fullblock status=none;
       dd if=${this.image} of=${this.path} bs=512 skip=${first} seek=${first} count=${count} oflag=direct conv=notrunc status=none`,
    );
  }
}
