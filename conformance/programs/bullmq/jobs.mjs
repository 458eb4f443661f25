// Workers of BullMQ process jobs that fail, are tried again and are due later: each job must run as often as it fails and
// once more, none early, and the queue must hold nothing else afterwards. Arguments: the port, and how many jobs.
import assert from 'node:assert/strict'
import { Queue, QueueEvents, Worker } from 'bullmq'

const connection = { host: '127.0.0.1', port: Number(process.argv[2]), maxRetriesPerRequest: null }
const n = Number(process.argv[3])
const failures = job => job % 17 === 0 ? 2 : job % 5 === 0 ? 1 : 0
const delay = job => job % 3 === 0 ? job % 4 * 500 : 0

const queue = new Queue('jobs', { connection })
const events = new QueueEvents('jobs', { connection })
await events.waitUntilReady()

const runs = new Array(n).fill(0)
const completed = new Array(n).fill(0)
const early = []
let allDone
const all = new Promise(resolve => { allDone = resolve })
let left = n
events.on('completed', ({ jobId, returnvalue }) => {
  const job = Number(jobId.slice('job-'.length))
  assert.equal(Number(returnvalue), job)
  completed[job]++
  if (--left === 0) allDone()
})

async function perform (job) {
  const i = job.data.i
  if (Date.now() < job.timestamp + delay(i)) early.push(i)
  runs[i]++
  await new Promise(resolve => setImmediate(resolve))
  if (job.attemptsMade < failures(i)) throw new Error('not yet')
  return i
}
const workers = [1, 2].map(() => new Worker('jobs', perform, { connection, concurrency: 20 }))

const batch = 100
for (let from = 0; from < n; from += batch) {
  await queue.addBulk(Array.from({ length: Math.min(batch, n - from) }, (_, j) => {
    const i = from + j
    return { name: 'job', data: { i }, opts: { jobId: `job-${i}`, delay: delay(i), attempts: 5, backoff: { type: 'fixed', delay: 100 } } }
  }))
}
await queue.add('job', { i: 0 }, { jobId: 'job-0' }) // known: no second job

await all
const counts = await queue.getJobCounts()
for (const [state, count] of Object.entries(counts)) assert.equal(count, state === 'completed' ? n : 0, state)
for (let i = 0; i < n; i++) {
  assert.equal(runs[i], failures(i) + 1, `job ${i} ran ${runs[i]} times`)
  assert.equal(completed[i], 1, `job ${i} completed ${completed[i]} times`)
}
assert.deepEqual(early, [])
for (const x of [...workers, events, queue]) await x.close()
console.log(`ok BullMQ: ${n} jobs, ${runs.reduce((a, b) => a + b)} runs`)
