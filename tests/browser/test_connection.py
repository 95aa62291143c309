"""An answer that gets lost on its way doesn't leave the page waiting: see humanseg/ui/answers.js and connection.js."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import PATIENCE, at_rest, done, drop, photo

pytestmark = pytest.mark.browser

# Stands between the page's scripts and the network. Answers in which `hold` occurs wait for `release()`; `cut()` breaks
# the connection.
NETWORK = """(() => {
  const ask = window.fetch.bind(window);
  window.network = {hold: null};
  window.fetch = async (input, options) => {
    const response = await ask(input, options);
    if (!(input instanceof Request) || !input.url.includes("/queue/data?")) return response;
    const reader = response.body.getReader();
    const cut = new Promise((_, reject) => { network.cut = () => reject(new TypeError("network error")); });
    const body = new ReadableStream({
      async pull(controller) {
        try {
          const {done, value} = await Promise.race([reader.read(), cut]);
          if (done) return controller.close();
          const held = network.hold !== null && new TextDecoder().decode(value).includes(network.hold);
          if (held) await Promise.race([new Promise((resolve) => { network.release = resolve; }), cut]);
          controller.enqueue(value);
        } catch (error) {
          reader.cancel().catch(() => {});
          controller.error(error);
        }
      },
    });
    return new Response(body, {status: response.status, headers: response.headers});
  };
})()"""


@pytest.fixture
def page(visit) -> Page:
    page = visit(apart=True)
    page.add_init_script(NETWORK)
    page.reload()
    expect(page.get_by_role("tab", name="Photo")).to_be_visible(timeout=PATIENCE)
    at_rest(page)
    return page


def hold(page: Page, text: str) -> None:
    page.evaluate("text => { network.hold = text; network.release = null; }", text)


def held(page: Page) -> None:
    page.wait_for_function("() => network.release !== null", timeout=PATIENCE)


def test_an_answer_whose_stream_is_closed_meanwhile_comes_all_the_same(page, tmp_path):
    hold(page, "close_stream")
    page.get_by_role("tab", name="Background").click()
    held(page)
    page.get_by_role("tab", name="Photo").click()
    with page.expect_response("**/queue/join*", timeout=PATIENCE):
        drop(page, photo(tmp_path / "me.png"))
    page.evaluate("() => { network.hold = null; network.release(); }")
    done(page)


def test_a_lost_connection_is_said_and_the_photo_is_sent_again_by_itself(page, tmp_path):
    hold(page, "")
    drop(page, photo(tmp_path / "me.png"))
    held(page)
    page.evaluate("() => { network.hold = null; network.cut(); }")
    expect(page.locator("#connection")).not_to_be_empty()
    done(page)
    expect(page.locator("#photo-status")).to_contain_text("me.png: 320")
