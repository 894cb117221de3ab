// What OpenAI's client library makes of a running Pagoda Studio.
// node openai.mjs SCENARIO|all [http://127.0.0.1:7860 [KEY]]
import zlib from 'node:zlib';
import OpenAI, { toFile, APIError, APIUserAbortError, AuthenticationError, BadRequestError, NotFoundError } from 'openai';

const [scenario = 'all', base = process.env.BASE_URL ?? 'http://127.0.0.1:7860', key = process.env.API_KEY ?? ''] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: key || 'none', maxRetries: 0, timeout: 300_000 });

// Settings that paint in a moment.
const quick = (steps = 2) => ({ method: 'pixels', start: 'grey', views: 1, steps });

class Failure extends Error {}

function check(holds, otherwise) {
  if (!holds) throw new Failure(otherwise);
}

async function refused(call, kind, param, code) {
  try {
    await call();
  } catch (problem) {
    check(problem instanceof kind, `${problem.constructor.name} instead of ${kind.name}: ${problem.message}`);
    check(problem.param === param, `param is ${problem.param} instead of ${param}: ${problem.message}`);
    check(code === undefined || problem.code === code, `code is ${problem.code} instead of ${code}: ${problem.message}`);
    check(problem.type === 'invalid_request_error' && problem.message.length > 20, `no proper error: ${problem.message}`);
    return problem;
  }

  throw new Failure(`nothing was thrown where ${kind.name} for ${param} belongs`);
}

async function api(path, options = {}) {
  const response = await fetch(`${base}${path}`, { ...options, headers: { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) } });
  return response.json();
}

async function until(what, holds) {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((done) => setTimeout(done, 50))) {
    if (await holds()) return;
  }

  throw new Failure(`still not so after 60 s: ${what}`);
}

const newest = async (prompt) => (await api('/api/jobs?limit=20')).jobs.find((job) => job.settings.prompt === prompt);

// --- PNG, by hand ---

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(zlib.crc32 ? zlib.crc32(body) : crc32(body));
  return Buffer.concat([length, body, crc]);
}

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }

  return (crc ^ 0xffffffff) >>> 0;
}

/** A PNG of the colours that `pixel(x, y)` gives: 3 bytes, or 4 with alpha. */
function png(width, height, pixel) {
  const channels = pixel(0, 0).length;
  const rows = Buffer.alloc(height * (1 + width * channels));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rows.set(pixel(x, y), y * (1 + width * channels) + 1 + x * channels);
  }

  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, channels === 4 ? 6 : 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', zlib.deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** The pixels of a PNG of 8 bits a channel. */
function pixels(file) {
  check(file.subarray(0, 8).toString('hex') === '89504e470d0a1a0a', 'this is no PNG');
  const parts = [];
  let head;
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    const [type, data] = [file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, at + 8 + length)];
    if (type === 'IHDR') head = data;
    if (type === 'IDAT') parts.push(data);
    at += 12 + length;
  }

  const [width, height, channels] = [head.readUInt32BE(0), head.readUInt32BE(4), { 0: 1, 2: 3, 6: 4 }[head[9]]];
  const raw = zlib.inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const out = Buffer.alloc(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const left = i >= channels ? out[y * stride + i - channels] : 0;
      const up = y > 0 ? out[(y - 1) * stride + i] : 0;
      const corner = i >= channels && y > 0 ? out[(y - 1) * stride + i - channels] : 0;
      const guess = left + up - corner;
      const [a, b, c] = [left, up, corner].map((value) => Math.abs(guess - value));
      const paeth = a <= b && a <= c ? left : b <= c ? up : corner;
      out[y * stride + i] = raw[y * (stride + 1) + 1 + i] + [0, left, up, (left + up) >> 1, paeth][filter];
    }
  }

  return { width, height, channels, at: (x, y) => [...out.subarray(y * stride + x * channels, y * stride + x * channels + 3)] };
}

const decoded = (image) => pixels(Buffer.from(image.b64_json, 'base64'));
const bytesOf = async (url) => Buffer.from(await (await fetch(url)).arrayBuffer());
const kindOf = (bytes) => bytes[0] === 0x89 ? 'png' : bytes[0] === 0xff ? 'jpeg' : bytes.toString('latin1', 0, 4) === 'RIFF' ? 'webp' : 'unknown';
const cosine = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
const length = (a) => Math.sqrt(cosine(a, a));

const scenarios = {
  async models() {
    const { data } = await client.models.list();
    check(data.some((model) => model.id === 'emoji' && model.object === 'model' && model.owned_by === 'pagoda' && model.created > 1e9), 'emoji is not in the list');
    check((await client.models.retrieve('emoji')).id === 'emoji', 'emoji cannot be retrieved');
    await refused(() => client.models.retrieve('gpt-image-1'), NotFoundError, 'model', 'model_not_found');
  },

  async generate() {
    const answer = await client.images.generate({ model: 'emoji', prompt: 'a red apple', n: 2, size: '32x32', response_format: 'b64_json', seed: 7, pagoda: quick() });
    check(answer.data.length === 2 && answer.data.every((one) => one.b64_json && !one.url), 'two pictures were not given as base64');
    check(answer.size === '32x32' && answer.output_format === 'png' && answer.created > 1e9 && answer.usage.input_tokens > 0, 'the answer does not say what it is');
    check(answer.data[0].seed === 7 && answer.data[1].seed === 8, 'the seeds do not follow one another');
    check(decoded(answer.data[0]).width === 32 && answer.data[0].b64_json !== answer.data[1].b64_json, 'the pictures are not two of 32 pixels');

    const again = await client.images.generate({ prompt: 'a red apple', size: '32x32', seed: 7, pagoda: quick() });
    check(again.data[0].b64_json && again.data[0].url, 'a request that does not say how does not get both');
    check((await bytesOf(again.data[0].url)).equals(Buffer.from(again.data[0].b64_json, 'base64')), 'the address has another picture');
    check(again.data[0].url.startsWith(`${base}/files/`), `the address is ${again.data[0].url}`);
    const [first, second] = [decoded(answer.data[0]), decoded(again.data[0])];
    check([0, 9, 31].every((x) => first.at(x, 5).join() === second.at(x, 5).join()), 'the same seed gave another picture');

    for (const format of ['webp', 'jpeg']) {
      const { data } = await client.images.generate({ prompt: 'a red apple', size: '32x32', output_format: format, output_compression: 80, quality: 'low', background: 'opaque', moderation: 'low', user: 'u', pagoda: quick() });
      check(kindOf(Buffer.from(data[0].b64_json, 'base64')) === format && kindOf(await bytesOf(data[0].url)) === format, `no ${format} came`);
    }

    const own = await client.images.generate({ prompt: 'a red apple', size: 'auto', response_format: 'url', pagoda: quick(1) });
    check(own.data[0].url && !own.data[0].b64_json && own.size === '64x64', `auto gave ${own.size}`);
  },

  async stream() {
    const stream = await client.images.generate({ prompt: 'a yellow star', stream: true, partial_images: 2, pagoda: quick(300) });
    const events = [];
    for await (const event of stream) events.push(event);
    const partials = events.slice(0, -1);
    const last = events.at(-1);
    check(last?.type === 'image_generation.completed' && last.usage.total_tokens > 0 && last.output_format === 'png', `the last event is ${last?.type}`);
    check(partials.length >= 1 && partials.length <= 2, `${partials.length} unfinished pictures came instead of up to 2`);
    check(partials.every((one, at) => one.type === 'image_generation.partial_image' && one.partial_image_index === at && one.size === '64x64' && decoded(one).width === 64), 'an unfinished picture is not as it should be');
    check(decoded(last).width === 64 && partials.every((one) => one.b64_json !== last.b64_json), 'the finished picture is not one');

    await refused(() => client.images.generate({ prompt: '', stream: true }), BadRequestError, 'prompt');

    // Cancelled by somebody else in mid-stream.
    const prompt = 'a sunflower that is cancelled';
    const endless = await client.images.generate({ prompt, stream: true, partial_images: 3, output_format: 'jpeg', pagoda: quick(600) });
    try {
      for await (const event of endless) {
        check(event.type === 'image_generation.partial_image' && kindOf(Buffer.from(event.b64_json, 'base64')) === 'jpeg', `${event.type} came`);
        await api(`/api/jobs/${(await newest(prompt)).id}`, { method: 'DELETE' });
      }
    } catch (problem) {
      check(problem instanceof APIError && problem.code === 'job_cancelled', `in mid-stream came ${problem.constructor.name}: ${problem.message}`);
      return;
    }

    throw new Failure('a cancelled stream ended without an exception');
  },

  async edit() {
    const image = png(48, 48, (x, y) => [5 * x, 5 * y, (x * y) % 256]);
    const given = pixels(image);
    const inside = (x, y) => x >= 12 && x < 36 && y >= 12 && y < 36;
    const masks = {
      transparent: png(48, 48, (x, y) => [0, 0, 0, inside(x, y) ? 0 : 255]),
      white: png(48, 48, (x, y) => inside(x, y) ? [255, 255, 255] : [0, 0, 0]),
    };
    for (const [name, mask] of Object.entries(masks)) {
      const { data } = await client.images.edit({ image: await toFile(image, '../../i.png'), mask: await toFile(mask, 'm.png'), prompt: 'a red apple', response_format: 'b64_json', n: 1, strength: 1, pagoda: { steps: 3, views: 1 } });
      keeps(data[0], inside, `with the ${name} mask`);
    }

    const holed = png(48, 48, (x, y) => [5 * x, 5 * y, (x * y) % 256, inside(x, y) ? 0 : 255]);
    const { data } = await client.images.edit({ image: [await toFile(holed, 'i.png')], prompt: 'a red apple', pagoda: { steps: 3, views: 1 } });
    keeps(data[0], inside, 'with a transparent place');

    const stream = await client.images.edit({ image: await toFile(image, 'i.png'), prompt: 'a red apple', stream: true, partial_images: 1, size: '32x32', pagoda: { steps: 3, views: 1 } });
    const events = [];
    for await (const event of stream) events.push(event);
    check(events.at(-1)?.type === 'image_edit.completed' && decoded(events.at(-1)).width === 32, `an edit's stream ended with ${events.at(-1)?.type}`);

    const dataUrl = (file) => ({ image_url: `data:image/png;base64,${file.toString('base64')}` });
    const json = await client.post('/images/edits', { body: { images: [dataUrl(image)], mask: dataUrl(masks.transparent), prompt: 'a red apple', pagoda: { steps: 3, views: 1 } } });
    keeps(json.data[0], inside, 'as JSON');

    const small = png(8, 8, () => [0, 0, 0, 0]);
    await refused(async () => client.images.edit({ image: await toFile(image, 'i.png'), mask: await toFile(small, 'm.png'), prompt: 'x' }), BadRequestError, 'mask');
    await refused(async () => client.images.edit({ image: [await toFile(image, 'i.png'), await toFile(image, 'i.png')], prompt: 'x' }), BadRequestError, 'image');
    await refused(async () => client.images.edit({ image: await toFile(Buffer.from('no picture'), 'i.png'), prompt: 'x' }), BadRequestError, 'image', 'invalid_image');
    await refused(() => client.post('/images/edits', { body: { images: [{ image_url: 'https://example.org/a.png' }], prompt: 'x' } }), BadRequestError, 'images');

    function keeps(painted, where, how) {
      const now = decoded(painted);
      check(now.width === 48 && now.height === 48, `the edit is ${now.width} pixels wide ${how}`);
      let changed = 0;
      for (let y = 0; y < 48; y++) {
        for (let x = 0; x < 48; x++) {
          const same = now.at(x, y).join() === given.at(x, y).join();
          check(where(x, y) || same, `${how} the pixel ${x}, ${y} changed, which is not to be painted`);
          changed += where(x, y) && !same ? 1 : 0;
        }
      }

      check(changed > 300, `${how} only ${changed} of 576 pixels changed`);
    }
  },

  async variations() {
    const image = png(40, 40, (x, y) => (x - 20) ** 2 + (y - 20) ** 2 < 200 ? [220, 20, 30] : [255, 255, 255]);
    const drawn = await client.images.createVariation({ image: await toFile(image, 'i.png'), n: 2, response_format: 'b64_json', pagoda: { candidates: 2 } });
    check(drawn.data.length === 2 && decoded(drawn.data[0]).width === 64 && drawn.data[0].b64_json !== drawn.data[1].b64_json, 'no two variations came');
    const picture = await api(`/api/pictures/${drawn.data[0].id}`);
    check(picture.method === 'clip-gen', `it was painted by ${picture.method}`);
    const small = await client.images.createVariation({ image: await toFile(image, 'i.png'), size: '32x32', pagoda: { candidates: 1, steps: 1, views: 1 } });
    check(small.size === '32x32', `a variation of 32 pixels has ${small.size}`);
    await refused(() => client.post('/images/variations', { body: { image: 'x' } }), APIError, undefined, 'unsupported_media_type');
  },

  async embeddings() {
    const texts = ['a red apple', 'a blue car'];
    const packed = await client.embeddings.create({ model: 'emoji', input: texts });
    const plain = await client.embeddings.create({ model: 'emoji', input: texts, encoding_format: 'float' });
    check(packed.data.length === 2 && packed.object === 'list' && packed.usage.prompt_tokens > 4 && packed.model === 'emoji', 'the answer is not as it should be');
    for (const at of [0, 1]) {
      const [a, b] = [packed.data[at].embedding, plain.data[at].embedding];
      check(a.length === b.length && a.length > 16 && Math.abs(length(a) - 1) < 1e-5, 'an embedding has not the length 1');
      check(a.every((value, i) => Math.abs(value - b[i]) < 1e-5), 'base64 and numbers differ');
    }

    const { data } = await client.images.generate({ prompt: texts[0], seed: 1, pagoda: quick(15) });
    const mixed = await client.embeddings.create({ model: 'emoji', input: [texts[0], { image: `data:image/png;base64,${data[0].b64_json}` }, { image: data[0].id }] });
    const [text, sent, stored] = mixed.data.map((one) => one.embedding);
    check(cosine(sent, stored) > 0.99999, 'a picture sent and the same one stored differ');
    check(cosine(text, sent) > cosine(packed.data[1].embedding, sent) + 0.05, `the painted apple is no nearer to its text (${cosine(text, sent)}) than to another (${cosine(packed.data[1].embedding, sent)})`);
    const own = text.length;
    await client.embeddings.create({ model: 'emoji', input: 'a', dimensions: own });
    await refused(() => client.embeddings.create({ model: 'emoji', input: 'a', dimensions: 8 }), BadRequestError, 'dimensions');
    await refused(() => client.embeddings.create({ model: 'emoji', input: [1, 2, 3] }), BadRequestError, 'input');
    await refused(() => client.embeddings.create({ model: 'emoji', input: [[1, 2], [3]] }), BadRequestError, 'input');
    await refused(() => client.embeddings.create({ model: 'emoji', input: '' }), BadRequestError, 'input');
    await refused(() => client.embeddings.create({ model: 'emoji', input: Array(257).fill('a') }), BadRequestError, 'input');
    await refused(() => client.embeddings.create({ model: 'text-embedding-3-small', input: 'a' }), NotFoundError, 'model', 'model_not_found');
  },

  async errors() {
    const prompt = 'a red apple';
    await refused(() => client.images.generate({ prompt, n: 'two' }), BadRequestError, 'n');
    await refused(() => client.images.generate({ prompt, n: 1000 }), BadRequestError, 'n');
    await refused(() => client.images.generate({ prompt, size: '1024x1536' }), BadRequestError, 'size');
    await refused(() => client.images.generate({ prompt, size: '4096x4096' }), BadRequestError, 'size');
    await refused(() => client.images.generate({ prompt, size: 'large' }), BadRequestError, 'size');
    await refused(() => client.images.generate({ prompt, model: 'dall-e-3' }), NotFoundError, 'model', 'model_not_found');
    await refused(() => client.images.generate({ prompt: ' ' }), BadRequestError, 'prompt');
    await refused(() => client.images.generate({}), BadRequestError, 'prompt');
    await refused(() => client.images.generate({ prompt, response_format: 'gif' }), BadRequestError, 'response_format');
    await refused(() => client.images.generate({ prompt, output_compression: 50 }), BadRequestError, 'output_compression');
    await refused(() => client.images.generate({ prompt, background: 'transparent' }), BadRequestError, 'background');
    await refused(() => client.images.generate({ prompt, steps: 4 }), BadRequestError, 'steps', 'unknown_parameter');
    await refused(() => client.images.generate({ prompt, pagoda: { steps: 0 } }), BadRequestError, 'pagoda.steps');
    await refused(() => client.images.generate({ prompt, pagoda: { prompt } }), BadRequestError, 'pagoda.prompt');
    // Each by itself is right, and together they cannot be painted: the job says so.
    await refused(() => client.images.generate({ prompt, size: '32x32', pagoda: { method: 'clip-gen', refine: false } }), BadRequestError, undefined, 'cannot_be_painted');
    if (key) {
      const stranger = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'wrong', maxRetries: 0 });
      await refused(() => stranger.images.generate({ prompt }), AuthenticationError, undefined, 'invalid_api_key');
      await refused(() => stranger.models.list(), AuthenticationError, undefined, 'invalid_api_key');
    }
  },

  async abort() {
    for (const streamed of [true, false]) {
      const prompt = `a tree that nobody waits for, ${streamed}`;
      const leaving = new AbortController();
      const asked = client.images.generate({ prompt, stream: streamed, ...(streamed && { partial_images: 3 }), pagoda: quick(800) }, { signal: leaving.signal });
      if (streamed) {
        for await (const event of await asked) {
          check(event.type === 'image_generation.partial_image', `${event.type} came`);
          leaving.abort();
        }
      } else {
        const ended = asked.then(() => null, (problem) => problem);
        await until('the job runs', async () => (await newest(prompt))?.state === 'running');
        leaving.abort();
        check(await ended instanceof APIUserAbortError, 'an aborted request threw nothing');
      }

      await until('the job is cancelled', async () => (await newest(prompt)).state === 'cancelled');
    }
  },

  async parallel() {
    const work = [];
    for (let i = 0; i < 20; i++) {
      work.push(client.embeddings.create({ model: 'emoji', input: [`text ${i}`, 'a red apple'] }).then((answer) => answer.data[1].embedding));
    }

    for (let i = 0; i < 3; i++) {
      work.push(client.images.generate({ prompt: `apple ${i}`, size: '32x32', seed: i, pagoda: quick() }).then((answer) => answer.data[0].seed));
    }

    const results = await Promise.all(work);
    check(results.slice(0, 20).every((one) => cosine(one, results[0]) > 0.99999), 'the same text was embedded differently');
    check(results.slice(20).join() === '0,1,2', `the pictures have the seeds ${results.slice(20)}`);
  },
};

if (scenario !== 'all' && !scenarios[scenario]) {
  console.error(`there is no scenario ${scenario}; choose all or ${Object.keys(scenarios).join(', ')}`);
  process.exit(1);
}

for (const name of scenario === 'all' ? Object.keys(scenarios) : [scenario]) {
  const begun = Date.now();
  try {
    await scenarios[name]();
    console.log(`${name}: ok (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (problem) {
    console.error(`${name}: ${problem instanceof Failure ? problem.message : problem.stack}`);
    process.exit(1);
  }
}
