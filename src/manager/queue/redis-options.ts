/** ioredis options of a URL; the pause between attempts stays short, since Redis is local or on the LAN. */
export function redisOptions(url: string) {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: port === '' ? 6379 : Number(port),
    db: Number(pathname.slice(1) || '0'),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    connectTimeout: 3000,
    retryStrategy: (attempt: number) => Math.min(100 * attempt, 2000),
  };
}
