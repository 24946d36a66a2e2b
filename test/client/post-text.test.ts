import { describe, expect, test } from "vitest";
import { likeness } from "../../core/client/post-text.js";

const mention = (name: string, host = "a.example") =>
  `<span class="h-card"><a href="https://${host}/@${name}" class="u-url mention">@<span>${name}</span></a></span>`;
const tag = (name: string) =>
  `<a href="https://a.example/tags/${name}" class="mention hashtag">#<span>${name}</span></a>`;

describe("to the letter, whatever the HTML", () => {
  test.each([
    ["nothing", "", ""],
    ["paragraphs and lines", "one\ntwo\n\nthree", "<p>one<br />two</p><p>three</p>"],
    ["what HTML would eat", `a < b && "c" <b>`, "<p>a &lt; b &amp;&amp; &quot;c&quot; &lt;b&gt;</p>"],
    ["white space around and in it", "  hello \t world\n", "<p>hello world</p>"],
    ["a mention of somebody elsewhere", "@bob@b.example hi", `<p>${mention("bob", "b.example")} hi</p>`],
    [
      "two people of one name",
      "@bob@b.example @bob@c.example",
      `<p>${mention("bob", "b.example")} ${mention("bob")}</p>`,
    ],
    [
      "a mention with its host shown",
      "@bob@b.example hi",
      '<p><a href="https://b.example/@bob">@bob@b.example</a> hi</p>',
    ],
    ["a hashtag", "good #Morning", `<p>good ${tag("Morning")}</p>`],
    [
      "an address that Mastodon shortens for the eye",
      "see https://www.example.org/a/rather/long/path?a=1&b=2#it now",
      '<p>see <a href="https://www.example.org/a/rather/long/path?a=1&amp;b=2#it"><span class="invisible">https://www.</span>' +
        '<span class="ellipsis">example.org/a/rather/long/path</span><span class="invisible">?a=1&amp;b=2#it</span></a> now</p>',
    ],
    ["custom emoji as they were typed", "hi :blobcat:", "<p>hi :blobcat:</p>"],
    [
      "custom emoji drawn already",
      "hi :blobcat:",
      '<p>hi <img alt=":blobcat:" src="https://a.example/blobcat.png"></p>',
    ],
    ["letters that are composed another way", "cafe\u0301", "<p>caf\u00e9</p>"],
    [
      "emoji",
      "\u{1f326}\ufe0f \u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
      "<p>\u{1f326}\ufe0f \u{1f468}\u200d\u{1f469}\u200d\u{1f467}</p>",
    ],
    ["text without HTML", "hello", "hello"],
  ])("%s", (_what, source, html) => {
    expect(likeness(source, html)).toBe("same");
  });
});

describe("alike where mark-up may explain what differs", () => {
  test.each([
    ["bold and italic", "a **bold** _word_", "<p>a <strong>bold</strong> <em>word</em></p>"],
    ["a heading and a list", "# News\n- one\n- two", "<h1>News</h1><ul><li>one</li><li>two</li></ul>"],
    ["code", "run `npm ci`", "<p>run <code>npm ci</code></p>"],
    ["a quotation", "> so it is\n\nyes", "<blockquote><p>so it is</p></blockquote><p>yes</p>"],
    ["a named link", "read [this](https://e.org/a) now", '<p>read <a href="https://e.org/a">this</a> now</p>'],
    [
      "an address that is shown cut",
      "read https://e.org/a/b/c/d",
      '<p>read <a href="https://e.org/a/b/c/d">e.org/a/b…</a></p>',
    ],
    ["an address with a slash more", "read https://e.org", '<p>read <a href="https://e.org/">e.org</a></p>'],
    ["an address in brackets", "(see https://e.org/a).", '<p>(see <a href="https://e.org/a">e.org/a</a>).</p>'],
    ["typographic quotes", `"so" -- it's`, "<p>“so” – it’s</p>"],
  ])("%s", (_what, source, html) => {
    expect(likeness(source, html)).toBe("alike");
  });
});

describe("another one", () => {
  test.each([
    ["other words", "hello", "<p>good bye</p>"],
    ["fewer words", "hello world", "<p>hello</p>"],
    ["more words", "hello", "<p>hello world</p>"],
    ["nothing", "hello", ""],
    ["something", "", "<p>hello</p>"],
    ["another number", "21 degrees", "<p>22 degrees</p>"],
    ["another emoji", "\u{1f600}", "<p>\u{1f601}</p>"],
    ["other signs alone", "!!!", "<p>???</p>"],
    ["another address", "new: https://e.org/a", '<p>new: <a href="https://e.org/b">e.org/b</a></p>'],
    ["an address that is not there", "new: https://e.org/a", "<p>new: </p>"],
    ["another person", "@bob hi", `<p>${mention("eve")} hi</p>`],
    ["another hashtag", "#a", `<p>${tag("b")}</p>`],
  ])("%s", (_what, source, html) => {
    expect(likeness(source, html)).toBe("other");
  });
});
