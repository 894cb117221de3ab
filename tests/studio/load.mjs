// Many clients at once for a while, or many jobs one after the other, against a server that is running; prints Markdown.
//   node load.mjs clients BASE_URL [CLIENTS] [SECONDS]    light requests while jobs are painted, each checked
//   node load.mjs jobs BASE_URL [JOBS]                    small jobs; resident memory and live tensors as they go
//   node load.mjs watch BASE_URL [PAIRS]                  seconds a step with the page open in Chromium and without, in turn
import http from 'node:http';

const [mode, base, first, second] = process.argv.slice(2);
const quick = (steps) => ({ prompt: 'a red apple', seed: 1, method: 'pixels', start: 'grey', steps, views: 1 });

function request(agent, method, path, body, type = 'application/json') {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const sent = http.request(new URL(path, base), { agent, method, headers: body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) } }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(parts).toString(), milliseconds: performance.now() - started }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const plain = new http.Agent({ keepAlive: true });
const json = async (method, path, body) => JSON.parse((await request(plain, method, path, body === undefined ? undefined : JSON.stringify(body))).text);
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function metrics() {
  const { text } = await request(plain, 'GET', '/metrics');
  const value = (name) => Number(text.match(new RegExp(`^${name} (\\S+)$`, 'm'))[1]);
  return { megabytes: value('process_resident_memory_bytes') / 1e6, tensors: value('pagoda_live_tensors'), steps: value('pagoda_steps_total'), painting: value('pagoda_painting_seconds_total') };
}

async function untilDone(id) {
  for (;;) {
    const job = await json('GET', `/api/jobs/${id}`);
    if (job.state !== 'queued' && job.state !== 'running') {
      return job;
    }
    await sleep(20);
  }
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

async function clients(count, seconds) {
  const png = Buffer.from(await (await fetch(new URL((await untilDone((await json('POST', '/api/jobs', quick(2))).id)).pictures[0].urls.png, base))).arrayBuffer());
  // What each asks for, with the status that is right for it; the last ones are wrong requests, which need right answers too.
  const picture = (await json('GET', '/api/pictures?limit=1')).pictures[0];
  const kinds = [
    ['page', 'GET', '/', undefined, 200],
    ['list of pictures', 'GET', '/api/pictures?limit=20', undefined, 200],
    ['search', 'GET', '/api/pictures?search=apple', undefined, 200],
    ['picture file', 'GET', picture.urls.png, undefined, 200],
    ['jobs', 'GET', '/api/jobs?state=active', undefined, 200],
    ['health', 'GET', '/health', undefined, 200],
    ['OpenAPI document', 'GET', '/openapi.json', undefined, 200],
    ['upload', 'POST', '/api/uploads', png, 201, 'image/png'],
    ['malformed JSON', 'POST', '/api/jobs', '{"prompt":', 400],
    ['huge number', 'POST', '/api/jobs', '{"prompt":"a","steps":1e300}', 400],
    ['path trick', 'GET', '/files/..%2f..%2fjournal.jsonl', undefined, 404],
  ];
  const times = new Map(kinds.map(([name]) => [name, []]));
  const wrong = [];
  const speed = async () => (await json('GET', `/api/jobs/${(await untilDone((await json('POST', '/api/jobs', quick(400))).id)).id}`)).pictures[0];
  await speed();
  const alone = await speed();
  const before = await metrics();
  const until = performance.now() + seconds * 1000;
  let painted = [];
  const painting = (async () => {
    while (performance.now() < until) {
      painted.push(await speed());
    }
  })();
  await Promise.all(Array.from({ length: count }, async (_, client) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = client; performance.now() < until; turn++) {
      const [name, method, path, body, status, type] = kinds[turn % kinds.length];
      try {
        const answer = await request(agent, method, path, body, type);
        times.get(name).push(answer.milliseconds);
        if (answer.status !== status) {
          wrong.push(`${name}: ${answer.status} instead of ${status}`);
        }
      } catch (problem) {
        wrong.push(`${name}: ${problem.message}`);
      }
      // A person, or a polling program: some requests a second, not as many as the socket takes.
      await sleep(200 + Math.random() * 300);
    }
    agent.destroy();
  }));
  await painting;
  const after = await metrics();
  const total = [...times.values()].reduce((sum, list) => sum + list.length, 0);
  console.log(`${count} clients for ${seconds} s: ${total} requests, ${(total / seconds).toFixed(0)} a second, ${wrong.length} answered wrongly\n`);
  console.log('| request | answers | median ms | 95 % ms | 99 % ms | slowest ms |\n| --- | --- | --- | --- | --- | --- |');
  for (const [name, list] of times) {
    list.sort((a, b) => a - b);
    console.log(`| ${name} | ${list.length} | ${[0.5, 0.95, 0.99, 1].map((share) => percentile(list, share).toFixed(1)).join(' | ')} |`);
  }
  const same = painted.every((one) => one.energy === alone.energy);
  const median = (list) => percentile(list.toSorted((a, b) => a - b), 0.5);
  console.log(`\nPainting meanwhile: ${painted.length} jobs of ${alone.steps} steps, ${(median(painted.map((one) => one.seconds / one.steps)) * 1000).toFixed(2)} ms a step beside ${((alone.seconds / alone.steps) * 1000).toFixed(2)} ms alone; the pictures are ${same ? 'the same to the bit of their energy' : 'DIFFERENT'}.`);
  console.log(`Resident memory ${before.megabytes.toFixed(0)} MB before, ${after.megabytes.toFixed(0)} MB after; live tensors ${before.tensors} and ${after.tensors}.`);
  [...new Set(wrong)].forEach((line) => console.log(`WRONG ${line}`));
  process.exitCode = wrong.length === 0 && same ? 0 : 1;
}

async function jobs(count) {
  console.log('| jobs done | resident MB | live tensors |\n| --- | --- | --- |');
  for (let done = 0; ; done++) {
    if (done % Math.ceil(count / 10) === 0 || done === count) {
      const now = await metrics();
      console.log(`| ${done} | ${now.megabytes.toFixed(0)} | ${now.tensors} |`);
    }
    if (done === count) {
      break;
    }
    const job = await untilDone((await json('POST', '/api/jobs', { ...quick(2), seed: done })).id);
    if (job.state !== 'done') {
      throw new Error(`job ${done}: ${job.state} ${job.error ?? ''}`);
    }
  }
}

async function watch(pairs) {
  const { chromium } = await import('playwright-core');
  const { flags } = await import('./studio.mjs');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  await page.goto('about:blank');
  const steps = 200;
  const one = async (watched) => {
    if (watched) {
      await page.goto(base);
      await page.locator('body.ready').waitFor();
    } else {
      await page.goto('about:blank');
    }
    // What is to be measured is watching, not the opening of a page.
    await sleep(3000);
    const job = await json('POST', '/api/jobs', { prompt: 'a red apple', seed: 1, method: 'pixels', start: 'grey', steps });
    if (watched) {
      // As a person does who wants to see this one.
      await page.getByRole('region', { name: /^Queue/ }).getByRole('listitem').first().getByRole('button').first().click().catch(() => {});
    }
    // Asked seldom: asking costs too.
    for (;;) {
      await sleep(500);
      const now = await json('GET', `/api/jobs/${job.id}`);
      if (now.state === 'done') {
        return now.pictures[0].seconds / steps;
      }
    }
  };
  const frames = async () => {
    const { text } = await request(plain, 'GET', '/metrics');
    const value = (name) => Number(text.match(new RegExp(`^${name} (\\S+)$`, 'm'))[1]);
    return { frames: value('pagoda_frame_seconds_total'), painting: value('pagoda_painting_seconds_total'), previews: value('pagoda_previews_total') };
  };
  await one(true);
  await one(false);
  const [before, results] = [await frames(), []];
  for (let pair = 0; pair < pairs; pair++) {
    // Whoever goes first changes, so that a machine that gets slower favours neither.
    const first = await one(pair % 2 === 0);
    const second = await one(pair % 2 === 1);
    results.push(pair % 2 === 0 ? [first, second] : [second, first]);
  }
  const after = await frames();
  await browser.close();
  const median = (list) => percentile(list.toSorted((a, b) => a - b), 0.5);
  const ratios = results.map(([watched, alone]) => watched / alone);
  const resampled = Array.from({ length: 2000 }, () => median(ratios.map(() => ratios[Math.floor(Math.random() * ratios.length)]))).sort((a, b) => a - b);
  console.log(`${pairs} pairs of ${steps} steps: ${(median(results.map(([watched]) => watched)) * 1000).toFixed(2)} ms a step watched, ${(median(results.map(([, alone]) => alone)) * 1000).toFixed(2)} ms alone.`);
  console.log(`Watched takes ${median(ratios).toFixed(3)} times as long (median of pairs; bootstrap 95 % ${percentile(resampled, 0.025).toFixed(3)} to ${percentile(resampled, 0.975).toFixed(3)}; pairs from ${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}).`);
  console.log(`Making and encoding frames took ${(100 * (after.frames - before.frames) / (after.painting - before.painting)).toFixed(2)} % of the painting's seconds, ${after.previews - before.previews} previews for those who watched.`);
}

await (mode === 'watch' ? watch(Number(first ?? 12)) : mode === 'jobs' ? jobs(Number(first ?? 1000)) : clients(Number(first ?? 200), Number(second ?? 60)));
plain.destroy();
