// A page that goes on: where the connection is lost, the server is started anew or too many people are waiting, the
// visitor reads it within a moment, nothing has to be clicked or chosen again, and what was uploaded is sent again by
// itself. This stands between Gradio's client and answers.js, which says when answers got lost; without it the client
// would drop everything and load the page anew. Checked against Gradio 6.31; tests/browser/test_restart.py fails when
// that changes.
(() => {
  const words = window.humansegWords;
  const say = window.humansegSay;
  const SAY_AFTER = 1000; // milliseconds without a connection
  const LOOK_EVERY = 1000; // milliseconds from one look for the server to the next
  const LOOK_ANYWAY = 30_000; // milliseconds from one look to the next while nothing seems wrong
  const LOOK_FOR = 4000; // milliseconds for an answer to that
  const TRY_AGAIN = 3000; // milliseconds after which a full queue is asked again
  const READ = 4000; // milliseconds that a sentence stays which nothing ends
  const ask = window.fetch;
  const address = (path) => new URL(`gradio_api/${path}`, document.baseURI);

  // What was uploaded: the browser's own files, of which the page holds no copy. `run` is the server's start that knows
  // `path`; `photo` says that it belongs to the Photo tab, `under` that an answer about it is still to come. An example
  // has a number instead.
  let kept = [];
  let run; // of the server, as it calls itself
  let back = null; // while there is no connection: what waits for it

  const look = async () => {
    try {
      const response = await ask(address("app_id"), { cache: "no-store", signal: AbortSignal.timeout(LOOK_FOR) });
      return response.ok ? (await response.json()).app_id : null;
    } catch {
      return null;
    }
  };

  // There is no connection; resolves once there is one again.
  const down = (lost) => {
    if (lost && back) back.lost = true;
    if (back) return back.promise;
    back = { lost };
    const saying = setTimeout(() => say("down", words.lost), lost ? 0 : SAY_AFTER);
    back.promise = (async () => {
      run ??= window.gradio_config?.app_id;
      let now;
      while (!(now = await look())) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
      clearTimeout(saying);
      const anew = now !== run;
      const tell = anew || back.lost;
      run = now;
      back = null;
      // Another page may be behind the address by now, which takes other questions than this one asks.
      if (anew && !(await isSame())) return location.reload();
      say("down", tell ? (anew ? words.anew : words.blip) : "", READ);
      if (beats) beat();
      if (tell) document.querySelector("#come-back")?.click();
    })();
    return back.promise;
  };

  const shape = ({ dependencies = [] }) => JSON.stringify(dependencies.map((one) => [one.id, one.targets, one.inputs, one.outputs]));
  const isSame = async () => {
    try {
      return shape(await (await ask(new URL("config", document.baseURI))).json()) === shape(window.gradio_config);
    } catch {
      return true;
    }
  };

  // Gradio's client has a stream open by which the server knows that the page is there, and opens it only once. Its end
  // is the first sign that something is wrong. It was opened before this script ran, so it's seen among what was loaded.
  let beats;
  const beat = async () => {
    try {
      const reader = (await ask(beats)).body.getReader();
      while (!(await reader.read()).done);
    } catch {
      // It's among what was loaded all the same.
    }
  };
  const check = async () => {
    if (back) return false;
    const known = run ?? window.gradio_config?.app_id;
    const there = (await look()) === known;
    if (!there) down(false);
    return there;
  };
  new PerformanceObserver(async (entries) => {
    const ended = entries.getEntries().find(({ name }) => name.includes("/gradio_api/heartbeat/"));
    if (!ended) return;
    beats = ended.name;
    if (await check()) setTimeout(beat, LOOK_EVERY);
  }).observe({ type: "resource", buffered: true });
  setInterval(() => document.visibilityState === "visible" && check(), LOOK_ANYWAY);

  // Asks until there is an answer.
  const asked = async (input, options) => {
    for (;;) {
      try {
        return await ask(input, options);
      } catch (error) {
        if (error.name === "AbortError") throw error;
        await down(false);
      }
    }
  };

  const uploaded = async (input, options) => {
    const files = options.body.getAll("files");
    const response = await asked(input, options);
    if (response.ok) {
      const paths = await response.clone().json();
      const time = Date.now();
      run ??= window.gradio_config?.app_id;
      files.forEach((file, n) => kept.push({ file, path: paths[n], run, time, photo: false, under: null }));
    }
    return response;
  };

  // A question in which files stand that the server has lost: they are sent again, and their new paths stand in it.
  const renewed = async (body) => {
    for (const one of kept) {
      const old = one.path && JSON.stringify(one.path).slice(1, -1);
      if (!old || one.run === run || !body.includes(old)) continue;
      const form = new FormData();
      form.append("files", one.file);
      const response = await asked(address("upload"), { method: "POST", body: form });
      if (!response.ok) continue;
      [one.path] = await response.json();
      one.run = run;
      body = body.replaceAll(old, JSON.stringify(one.path).slice(1, -1));
    }
    return body;
  };

  // The element whose event a question is.
  const asks = (body) => {
    const { fn_index } = JSON.parse(body);
    const { components = [], dependencies = [] } = window.gradio_config ?? {};
    const [[id] = []] = dependencies.find((one) => one.id === fn_index)?.targets ?? [];
    return components.find((one) => one.id === id)?.props?.elem_id;
  };

  // Which example was picked is said by its number alone: a server that was started anew doesn't know its path.
  const numbered = (body) => {
    const question = JSON.parse(body);
    if (question.event_data) question.event_data.value = null;
    return JSON.stringify(question);
  };

  const joined = async (input, options) => {
    let body = options.body;
    const name = asks(body);
    let mine = [];
    if (name === "photos") mine = kept.filter((one) => one.path && body.includes(JSON.stringify(one.path)));
    if (name === "examples") {
      mine = kept.filter((one) => one.example !== undefined && !one.photo).slice(0, 1);
      body = numbered(body);
    }
    for (const one of mine) Object.assign(one, { photo: true, under: "on its way" });
    const before = run;
    try {
      for (;;) {
        if (run) body = await renewed(body);
        const response = await asked(input, { ...options, body });
        // One about a photo that a server which was started anew meanwhile doesn't know.
        if (run !== before && before && /"[0-9a-f]{16}\.\d+"/.test(body)) return refused(words.again);
        if (response.status !== 429) {
          say("full", "");
          const under = response.ok ? (await response.clone().json()).event_id : null;
          for (const one of mine) one.under = under;
          return response;
        }
        say("full", words.full);
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN * (0.7 + 0.6 * Math.random())));
      }
    } catch (error) {
      for (const one of mine) one.under = null;
      throw error;
    }
  };
  const refused = (detail) => new Response(JSON.stringify({ detail }), { status: 409, headers: { "Content-Type": "application/json" } });

  window.fetch = async (input, options) => {
    const url = input instanceof Request ? input.url : String(input);
    if (url.includes("/gradio_api/upload?") || url.endsWith("/gradio_api/upload")) {
      return options?.body instanceof FormData ? uploaded(input, options) : ask(input, options);
    }
    if (url.includes("/queue/join")) return joined(input, options ?? {});
    if (url.includes("/run/predict")) return asked(input, options); // events without a queue
    return ask(input, options);
  };

  for (const name of ["online", "pageshow"]) addEventListener(name, check);

  addEventListener("humanseg:queue", ({ detail: { event_id, msg } }) => {
    if (msg === "process_completed") for (const one of kept) if (one.under === event_id) one.under = null;
  });
  addEventListener("humanseg:lost", () => {
    for (const one of kept) if (one.under !== "on its way") one.under = null;
    down(true);
  });

  // Examples are the server's own; which one was picked is enough.
  addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    if (target.closest("#clear")) kept = kept.filter((one) => !one.photo);
    const example = target.closest("#examples .thumbnail-item");
    if (!example) return;
    const number = [...document.querySelectorAll("#examples .thumbnail-item")].indexOf(example);
    kept.push({ example: number, photo: false, under: null, time: Date.now() });
  }, true);

  // The server says which photos it has: those that it hasn't are sent again, as if they were chosen once more.
  window.humansegHas = async (told) => {
    const { sources, examples, most, seconds } = JSON.parse(told);
    const young = kept.filter((one) => one.photo && Date.now() - one.time < 1000 * seconds).slice(-most);
    const there = (one) => one.under || (one.path ? sources.includes(one.path) : examples.includes(one.example));
    const missing = young.filter((one) => !there(one));
    kept = kept.filter((one) => !missing.includes(one));
    const files = missing.flatMap((one) => (one.file ? [one.file] : []));
    if (files.length) await choose(files);
    for (const { example } of missing) document.querySelectorAll("#examples .thumbnail-item")[example]?.click();
    if (!young.length && !sources.length && !examples.length) document.querySelector("#clear")?.click();
  };

  const choose = async (files) => {
    let input;
    // What was chosen before and had no answer is taken out of the drop zone first: see `come_back` in page.py.
    await new Promise((resolve) => setTimeout(resolve, 200));
    while (!(input = document.querySelector("#photos input[type=file]"))) await new Promise((resolve) => setTimeout(resolve, 200));
    const data = new DataTransfer();
    for (const file of files) data.items.add(file);
    input.files = data.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
})();
