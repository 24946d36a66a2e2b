import type { Hono } from "hono";
import { renderStatus } from "../render/status.js";
import { htmlPage } from "../oauth/pages.js";
import { escapeHtml } from "../world/content.js";
import type { Post } from "../world/records.js";
import { canSee } from "../world/visibility.js";
import { originOf, type Env } from "./exchange.js";
import type { Parts } from "./parts.js";

const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==",
  "base64",
);

/** What a browser sees: public posts, people, files; and what tells programs which software this is. */
export function addWebPages(app: Hono<Env>, parts: Parts): void {
  const { world } = parts;
  app.get("/health", (c) => c.text("OK"));
  app.get("/.well-known/nodeinfo", (c) =>
    c.json({
      links: [{ rel: "http://nodeinfo.diaspora.software/ns/schema/2.0", href: `${originOf(c)}/nodeinfo/2.0` }],
    }),
  );
  app.get("/nodeinfo/2.0", (c) => c.json(nodeInfo(parts)));
  app.on("GET", ["/avatars/*", "/headers/*", "/packs/*"], (c) => c.body(pixel, 200, { "Content-Type": "image/png" }));
  app.get("/system/media_attachments/:id", (c) => {
    const media = world.media.get(c.req.param("id"));
    if (media === undefined) return c.notFound();
    return c.body(Buffer.from(media.bytes), 200, { "Content-Type": media.contentType });
  });
  app.get("/", (c) => c.html(postsPage(parts, "Latest posts", latestPosts([...world.posts.values()]))));
  app.get("/:handle{@[a-zA-Z0-9_]+}", (c) => {
    const person = world.peopleByName.get(c.req.param("handle").slice(1).toLowerCase());
    if (person === undefined) return c.notFound();
    return c.html(postsPage(parts, `@${person.username}`, latestPosts(person.posts)));
  });
  app.get("/:handle{@[a-zA-Z0-9_]+}/:id", (c) => {
    const post = world.posts.get(c.req.param("id"));
    if (post === undefined || !canSee(undefined, post)) return c.notFound();
    return c.html(postsPage(parts, `@${post.author.username}`, [post]));
  });
}

function nodeInfo({ settings, world }: Parts): object {
  const { name, version } = settings.dialect.software;
  return {
    version: "2.0",
    software: { name, version },
    protocols: ["activitypub"],
    services: { outbound: [], inbound: [] },
    usage: { users: { total: world.people.size }, localPosts: world.posts.size },
    openRegistrations: false,
    metadata: {},
  };
}

function latestPosts(posts: readonly Post[]): Post[] {
  return posts
    .filter((post) => canSee(undefined, post))
    .slice(-40)
    .toReversed();
}

function postsPage({ world }: Parts, title: string, posts: readonly Post[]): string {
  const articles = posts.map((post) => {
    const { content, created_at } = renderStatus(world, undefined, post.reblogOf ?? post);
    const by = escapeHtml(post.author.username);
    const label = post.author.bot ? " (bot)" : "";
    return `<article><p><a href="/@${by}">@${by}</a>${label} <time>${created_at}</time></p>${content}</article>`;
  });
  return htmlPage(title, articles.length === 0 ? "<p>Nothing here yet.</p>" : articles.join("\n"));
}
