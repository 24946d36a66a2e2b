import { Parser } from "htmlparser2";

/** A status' HTML as plain text: `<br>` and paragraphs become line breaks, entities their characters. */
export function plainText(html: string): string {
  let text = "";
  const parser = new Parser(
    {
      ontext: (data) => (text += data),
      onopentagname: (name) => {
        if (name === "br") text += "\n";
        else if (name === "p" && text !== "") text += "\n\n";
      },
    },
    { decodeEntities: true },
  );
  parser.end(html);
  return text.trim();
}
