// Rich text: the editors' tree (`cms::text::Doc`) as elements. Nothing is parsed as markup, what is not known is left out, and a link leads
// where a page may lead.

const DEPTH_MAX = 16;
const NODES_MAX = 5_000;
/** Marks within a line, the outermost first. */
const MARKS = [
  ["strike", "s"],
  ["italic", "em"],
  ["bold", "strong"],
];
/** How wide a picture in a text is. */
const SIZES = "(max-width: 40rem) 100vw, 40rem";

/** Where a link leads: by https, a letter, or a path of the page's own site; nothing for anything else. */
export const hrefOf = (address) => {
  const text = String(address ?? "");
  if (/^\/(?![/\\])/.test(text) && !/[\s\\]/.test(text)) return text;
  try {
    const { protocol, href } = new URL(text);
    return protocol === "https:" || protocol === "mailto:" ? href : "";
  } catch {
    return "";
  }
};

/** A link, or what would be in it where it leads nowhere. */
export const link = (address, className, { isPaid } = {}) => {
  const href = hrefOf(address);
  const it = element(href ? "a" : "span", className);
  if (!href) return it;
  it.href = href;
  if (href.startsWith("https:")) Object.assign(it, { target: "_blank", rel: `noopener nofollow${isPaid ? " sponsored" : ""}` });
  return it;
};

class Writer {
  left = NODES_MAX;

  /** `view` knows where Crease is, and shows a match or a player. */
  constructor(view) {
    this.view = view;
  }

  blocks(content, depth = 0) {
    const all = Array.isArray(content) && depth < DEPTH_MAX ? content : [];
    return all.map((it) => this.block(it, depth)).filter(Boolean);
  }

  block(node, depth) {
    if (this.left-- < 0) return undefined;
    const { type, attrs = {}, content } = Object(node);
    switch (type) {
      case "paragraph":
        return content?.length ? this.line("p", content) : undefined;
      case "heading":
        // Above them stands the title of what they are in.
        return this.line(attrs.level === 3 ? "h4" : "h3", content);
      case "bulletList":
        return this.inner("ul", content, depth);
      case "orderedList":
        return Object.assign(this.inner("ol", content, depth), { start: attrs.start ?? 1 });
      case "listItem":
        return this.inner("li", content, depth);
      case "blockquote":
        return this.inner("blockquote", content, depth);
      case "horizontalRule":
        return element("hr");
      case "image":
        return picture(this.view.base, attrs.picture, { sizes: SIZES, alt: attrs.alt, caption: attrs.caption });
      case "embed":
        return this.embed(attrs);
      default:
        return undefined;
    }
  }

  inner(tag, content, depth) {
    return element(tag, "", ...this.blocks(content, depth + 1));
  }

  embed({ kind, id, label }) {
    if (kind === "match" && /^mat_\w+$/.test(id)) return this.view.match(id);
    return label ? foreign("p", "", label) : undefined;
  }

  /** What stands beside another and leads to the same place is one link. */
  line(tag, content) {
    const line = Object.assign(element(tag), { dir: "auto" });
    let last;
    for (const node of Array.isArray(content) ? content : []) {
      if (this.left-- < 0) break;
      const marks = Array.isArray(node?.marks) ? node.marks : [];
      const href = hrefOf(marks.find((it) => it.type === "link")?.attrs?.href);
      let text = this.inline(node, href);
      if (!text) continue;
      for (const [name, tag] of MARKS) if (marks.some((it) => it.type === name)) text = element(tag, "", text);
      if (href && last?.address === href) last.append(text);
      else if (href) {
        last = Object.assign(link(href, ""), { address: href });
        last.append(text);
        line.append(last);
      } else {
        last = undefined;
        line.append(text);
      }
    }
    return line;
  }

  inline({ type, text, attrs }, href) {
    if (type === "text") return String(text ?? "");
    if (type === "hardBreak") return element("br");
    if (type !== "mention") return undefined;
    const { kind, id, label = "" } = Object(attrs);
    if (kind !== "player" || !/^ent_\w+$/.test(id) || href || !this.view.isOn("players")) return String(label);
    const button = Object.assign(element("button", "mention", String(label)), { type: "button" });
    button.dataset.player = id;
    button.setAttribute("aria-haspopup", "dialog");
    return button;
  }
}

/** A text's elements. */
export const rich = (view, doc) => element("div", "rich", ...new Writer(view).blocks(doc?.content));

/** Whether there is anything to read in it. */
export const isEmpty = (doc) => !doc?.content?.some((it) => it?.type !== "paragraph" || it.content?.length);
