// Round trips, pipelines, transactions, messages and client-side caches of ioredis and node-redis, in RESP2 and (where the
// library can) RESP3. Arguments: the port, and a size of values in bytes to try in place of the usual ones.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import Redis from 'ioredis'
import { createClient, RESP_TYPES } from 'redis'

const port = Number(process.argv[2])
const large = Number(process.argv[3] ?? 0)
const sizes = large ? [large] : [0, 1, 1 << 10, 1 << 20]
const keyOf = size => large ? 'large' : randomBytes(size)

async function ioredis () {
  const c = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 1 })
  await c.flushall()
  for (const size of sizes) {
    const key = keyOf(size)
    const value = large ? Buffer.alloc(size, 'abc\0\r\n') : randomBytes(size)
    assert.equal(await c.set(key, value), 'OK')
    assert((await c.getBuffer(key)).equals(value))
  }
  assert.equal(await c.get('none'), null)

  const p = c.pipeline()
  for (let i = 0; i < 1000; i++) p.set(`key:${i}`, i).get(`key:${i}`)
  const replies = await p.exec()
  for (let i = 0; i < 1000; i++) assert.deepEqual(replies[2 * i + 1], [null, String(i)])

  assert.deepEqual(await c.multi().set('n', 1).incr('n').exec(), [[null, 'OK'], [null, 2]])
  const other = c.duplicate()
  await c.watch('n')
  await other.set('n', 9)
  assert.equal(await c.multi().set('n', 3).exec(), null)
  assert.equal(await c.get('n'), '9')

  const seen = new Set()
  for await (const keys of c.scanStream({ match: 'key:*', count: 50 })) keys.forEach(k => seen.add(k))
  assert.equal(seen.size, 1000)
  await assert.rejects(c.incr('key:1', 'extra'), /wrong number of arguments/)
  await other.quit()
  await c.quit()
}

// Scripts by digest, which ioredis sends as text where the server does not know them.
async function ioredisScripts () {
  const c = new Redis({
    port,
    host: '127.0.0.1',
    maxRetriesPerRequest: 1,
    scripts: {
      take: { numberOfKeys: 1, lua: "local n = redis.call('INCR', KEYS[1]) if n > tonumber(ARGV[1]) then return {false, n} end return {'ok', n}" },
      field: { numberOfKeys: 1, lua: "return redis.call('HGETALL', KEYS[1])" }
    }
  })
  await c.script('FLUSH')
  assert.deepEqual(await c.take('limit', 1), ['ok', 1])
  assert.deepEqual(await c.take('limit', 1), [null, 2])
  await c.hset('h', 'f', Buffer.from([0, 255]))
  assert.deepEqual(await c.fieldBuffer('h'), [Buffer.from('f'), Buffer.from([0, 255])])
  const p = c.pipeline()
  for (let i = 0; i < 100; i++) p.take('limit', 0).eval('return redis.call("GET", KEYS[1])', 1, 'limit')
  const replies = await p.exec()
  for (let i = 0; i < 100; i++) assert.deepEqual([replies[2 * i][1], replies[2 * i + 1][1]], [[null, i + 3], String(i + 3)])
  await assert.rejects(c.eval('return redis.call("HGET", KEYS[1], 1)', 1, 'limit'), /WRONGTYPE/)
  await c.quit()
}

async function nodeRedis (RESP) {
  const c = createClient({ RESP, socket: { port, host: '127.0.0.1', reconnectStrategy: false } })
  c.on('error', () => {}) // the commands under way are rejected with it
  await c.connect()
  await c.flushAll()
  const binary = c.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
  for (const size of sizes) {
    const key = keyOf(size)
    const value = large ? Buffer.alloc(size, 'abc\0\r\n') : randomBytes(size)
    assert.equal(String(await binary.set(key, value)), 'OK')
    assert((await binary.get(key)).equals(value))
  }
  assert.equal(await c.get('none'), null)

  // Commands of one tick are one pipeline.
  const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => [c.set(`key:${i}`, String(i)), c.get(`key:${i}`)]).flat())
  for (let i = 0; i < 1000; i++) assert.equal(replies[2 * i + 1], String(i))

  assert.deepEqual(await c.multi().set('n', '1').incr('n').exec(), ['OK', 2])
  const other = await c.duplicate().connect()
  await c.watch('n')
  await other.set('n', '9')
  await assert.rejects(c.multi().set('n', '3').exec(), /watched/i)
  assert.equal(await c.get('n'), '9')

  const seen = new Set()
  for await (const keys of c.scanIterator({ MATCH: 'key:*', COUNT: 50 })) keys.forEach(k => seen.add(k))
  assert.equal(seen.size, 1000)
  await assert.rejects(c.sendCommand(['INCR']), /wrong number of arguments/)
  await other.close()
  await c.close()
}

// A queue of what callbacks are given.
function queue () {
  const items = []
  const waiting = []
  return {
    put (...item) { waiting.length ? waiting.shift()(item) : items.push(item) },
    take () { return items.length ? Promise.resolve(items.shift()) : new Promise(resolve => waiting.push(resolve)) }
  }
}

async function ioredisMessages () {
  const c = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 1 })
  const sub = c.duplicate()
  const got = queue()
  sub.on('message', (channel, text) => got.put(channel, text))
  sub.on('pmessage', (pattern, channel, text) => got.put(pattern, channel, text))
  const id = await sub.client('ID')
  assert.equal(await sub.subscribe('news', '__redis__:invalidate'), 2)
  assert.equal(await sub.psubscribe('n*'), 3)
  const p = c.pipeline()
  for (let i = 0; i < 100; i++) p.publish('news', i)
  for (const [err, n] of await p.exec()) assert.deepEqual([err, n], [null, 2])
  for (let i = 0; i < 100; i++) {
    assert.deepEqual(await got.take(), ['news', String(i)])
    assert.deepEqual(await got.take(), ['n*', 'news', String(i)])
  }
  // Client-side caching in RESP2: another connection is told.
  assert.equal(await c.client('TRACKING', 'ON', 'REDIRECT', id), 'OK')
  await c.set('cached', 1)
  await c.get('cached')
  const writer = c.duplicate()
  await writer.set('cached', 2)
  assert.deepEqual(await got.take(), ['__redis__:invalidate', 'cached'])
  assert.equal(await sub.unsubscribe('news', '__redis__:invalidate'), 1)
  assert.equal(await sub.punsubscribe(), 0)
  for (const x of [writer, sub, c]) await x.quit()
}

async function nodeRedisMessages (RESP) {
  const options = { RESP, socket: { port, host: '127.0.0.1', reconnectStrategy: false } }
  const c = await createClient(options).connect()
  const sub = await c.duplicate().connect()
  const got = queue()
  await sub.subscribe('news', (text, channel) => got.put(channel, text))
  await sub.pSubscribe('n*', (text, channel) => got.put('n*', channel, text))
  await sub.sSubscribe('shard', (text, channel) => got.put(channel, text))
  const counts = await Promise.all(Array.from({ length: 100 }, (_, i) => c.publish('news', String(i))))
  assert(counts.every(n => n === 2))
  for (let i = 0; i < 100; i++) {
    assert.deepEqual(await got.take(), ['news', String(i)])
    assert.deepEqual(await got.take(), ['n*', 'news', String(i)])
  }
  assert.equal(await c.sPublish('shard', 'x'), 1)
  assert.deepEqual(await got.take(), ['shard', 'x'])
  await sub.unsubscribe('news')
  await sub.pUnsubscribe('n*')
  await sub.sUnsubscribe('shard')
  await sub.close()
  if (RESP === 3) await cached(c, options)
  await c.close()
}

// node-redis keeps what it has read until it is told that it has changed.
async function cached (writer, options) {
  const c = createClient({ ...options, clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' } })
  await c.connect()
  await writer.set('cached', '0')
  for (let i = 0; i < 100; i++) {
    assert.equal(await c.get('cached'), String(i))
    assert.equal(await c.get('cached'), String(i))
    await writer.set('cached', String(i + 1))
    while (await c.get('cached') !== String(i + 1)) await new Promise(resolve => setImmediate(resolve)) // the invalidation is under way
  }
  assert(c.clientSideCache.stats().hitCount >= 100)
  await c.close()
}

await ioredis()
if (!large) {
  await ioredisMessages()
  await ioredisScripts()
}
console.log('ok ioredis RESP2')
for (const RESP of [2, 3]) {
  await nodeRedis(RESP)
  if (!large) await nodeRedisMessages(RESP)
  console.log(`ok node-redis RESP${RESP}`)
}
