// Pictures of the media library: room and colour are there before they are.

/** What others wrote, in whichever direction it is read. */
export const foreign = (tag, className, text) => Object.assign(element(tag, className, String(text ?? "")), { dir: "auto" });

/** An address of a file, from where Crease is or from another place that is as safe; none of anything else. */
const fileAt = (base, address) => {
  try {
    const { href, protocol, origin } = new URL(address, base);
    return protocol === "https:" || origin === new URL(base).origin ? href : "";
  } catch {
    return "";
  }
};

/** "url 320w, url 640w" with each address whole. */
const filesAt = (base, set) =>
  String(set ?? "")
    .split(",")
    .map((it) => it.trim().split(/\s+/))
    .map(([address, width]) => [address && fileAt(base, address), width])
    .filter(([address, width]) => address && /^\d+w$/.test(width))
    .map((it) => it.join(" "))
    .join(", ");

/** A picture with what it shows in words, and who is to be named for it; none where there is none, or the reader spares bytes. */
export const picture = (base, of, { sizes, alt, caption, isBare }) => {
  const src = of && fileAt(base, of.src);
  if (!src || navigator.connection?.saveData) return undefined;
  const image = element("img");
  const set = { alt: alt || of.alt || "", width: of.width, height: of.height, loading: "lazy", decoding: "async", sizes };
  for (const [name, value] of Object.entries(set)) if (value !== undefined) image.setAttribute(name, value);
  if (/^#[0-9a-f]{6}$/i.test(of.colour)) image.style.backgroundColor = of.colour;
  const srcset = filesAt(base, of.srcset);
  if (srcset) image.srcset = srcset;
  const all = element("picture", "");
  const webp = filesAt(base, of.webp);
  if (webp) {
    const source = element("source");
    Object.assign(source, { type: "image/webp", sizes, srcset: webp });
    all.append(source);
  }
  all.append(image);
  const figure = element("figure", "picture", all);
  figure.setAttribute("part", "picture");
  // The page's policy, or the network: an empty frame says nothing.
  image.addEventListener("error", () => figure.remove());
  image.src = src;
  const told = [!isBare && caption, !isBare && of.credit].filter(Boolean);
  if (told.length) figure.append(element("figcaption", "", ...told.map((it) => foreign("span", "", it))));
  return figure;
};
