// Gradio's client can wait for ever in two cases. An event may be sent while the stream of answers is being closed: the
// client takes the stream for open and its answer for on its way. Or the connection is lost: the client never opens
// another stream. So this script, which runs before Gradio's own, follows which events have no answer yet. In the first
// case it sends an event that does nothing, which makes the client open a stream; in the second it ends them and tells
// connection.js, which goes on from there. Checked against Gradio 6.31; tests/browser/test_connection.py fails when that changes.
(() => {
  const PATIENCE = 1000; // milliseconds from an event to its stream of answers, which otherwise opens at once
  const ask = window.fetch.bind(window);
  const waiting = new Map(); // events without an answer: how often a stream was opened for them
  const early = new Set(); // events that were answered before it was known that they are sent
  let open = 0; // streams that are being read

  const look = () => {
    if (open || !waiting.size) return;
    for (const [event, times] of waiting) {
      if (times < 2) waiting.set(event, times + 1);
      else waiting.delete(event); // the server knows nothing of it
    }
    document.querySelector("#nudge")?.click();
  };

  const message = (content) => new TextEncoder().encode(`data: ${JSON.stringify(content)}\n\n`);

  const lost = () => {
    dispatchEvent(new Event("humanseg:lost"));
    const output = { error: window.humansegWords.lost, visible: false, duration: 10, title: "Error" };
    const ends = [...waiting.keys()].map((event_id) =>
      message({ msg: "process_completed", event_id, output, success: false, title: "Error" }));
    waiting.clear();
    return [...ends, message({ msg: "close_stream", event_id: null })];
  };

  const followed = (response) => {
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    const read = (bytes) => {
      const lines = (text + decoder.decode(bytes, { stream: true })).split("\n\n");
      text = lines.pop();
      for (const line of lines) {
        const detail = JSON.parse(line.slice("data:".length));
        const { msg, event_id } = detail;
        if (["estimation", "process_starts", "process_completed"].includes(msg)) {
          dispatchEvent(new CustomEvent("humanseg:queue", { detail }));
        }
        if (msg === "process_completed" && !waiting.delete(event_id)) early.add(event_id);
      }
    };
    let reading = true;
    const end = () => {
      if (!reading) return;
      reading = false;
      open--;
      setTimeout(look, PATIENCE);
    };
    const body = new ReadableStream({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          // A server that was started anew meanwhile doesn't know this page's questions.
          if (value && new TextDecoder().decode(value).includes('"session_not_found":true')) throw new TypeError("started anew");
          if (value) {
            controller.enqueue(value);
            read(value);
          }
          if (!done) return;
        } catch (error) {
          if (error.name === "AbortError") {
            end();
            return controller.error(error);
          }
          for (const bytes of lost()) controller.enqueue(bytes);
        }
        end();
        controller.close();
      },
      cancel(reason) {
        end();
        return reader.cancel(reason);
      },
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };

  const answers = async (input, options) => {
    open++;
    let response;
    try {
      response = await ask(input, options);
    } catch (error) {
      open--;
      if (error.name === "AbortError") throw error;
      return new Response(new Blob(lost()), { headers: { "content-type": "text/event-stream" } });
    }
    if (response.ok && response.body) return followed(response);
    open--;
    return response;
  };

  window.fetch = async (input, options) => {
    const address = input instanceof Request ? input.url : String(input);
    if (address.includes("/queue/data?")) return answers(input, options);
    const response = await ask(input, options);
    if (address.includes("/queue/join") && response.ok) {
      response.clone().json().then(({ event_id }) => {
        if (early.delete(event_id)) return;
        waiting.set(event_id, 0);
        setTimeout(look, PATIENCE);
      });
    }
    return response;
  };
})();
