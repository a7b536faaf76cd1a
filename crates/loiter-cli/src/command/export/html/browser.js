// As much of a browser as a page of ours needs: reads one from the file that is named first, runs
// its script and does what a user does, a step a line of standard input: `click TABLE HEADING`,
// `search TABLE WORDS`. After each it prints what the table shows, as JSON.
"use strict";
const fs = require("fs");
const vm = require("vm");

const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"' };
const plain = (text) => text.replace(/&(\w+);/g, (_, name) => ENTITIES[name]);

class Text {
  constructor(textContent) {
    this.textContent = textContent;
  }
}

class Element {
  constructor(tag, attributes = {}) {
    Object.assign(this, { tag, attributes, childNodes: [], hidden: false, value: "" });
    this.listeners = {};
  }
  // What there is inside, in the order of the page.
  all(tag) {
    const inside = this.childNodes.filter((it) => it instanceof Element);
    return inside.flatMap((it) => (it.tag === tag ? [it] : []).concat(it.all(tag)));
  }
  get firstChild() {
    return this.childNodes[0] || null;
  }
  get textContent() {
    return this.childNodes.map((it) => it.textContent).join("");
  }
  set textContent(text) {
    this.childNodes = text === "" ? [] : [new Text(text)];
  }
  get classList() {
    const names = (this.attributes.class || "").split(" ");
    return { contains: (name) => names.includes(name) };
  }
  get tHead() {
    return this.all("thead")[0];
  }
  get tBodies() {
    return this.all("tbody");
  }
  get rows() {
    return this.all("tr");
  }
  get cells() {
    return this.childNodes.filter((it) => it.tag === "th" || it.tag === "td");
  }
  getAttribute(name) {
    return name in this.attributes ? this.attributes[name] : null;
  }
  setAttribute(name, value) {
    this.attributes[name] = String(value);
  }
  appendChild(child) {
    if (child.parentNode) {
      const siblings = child.parentNode.childNodes;
      siblings.splice(siblings.indexOf(child), 1);
    }
    child.parentNode = this;
    this.childNodes.push(child);
  }
  append(...children) {
    children.forEach((it) => this.appendChild(typeof it === "string" ? new Text(it) : it));
  }
  before(sibling) {
    this.sibling = sibling;
  }
  addEventListener(event, listener) {
    this.listeners[event] = listener;
  }
}

function parse(page) {
  const root = new Element("root");
  const open = [root];
  const tokens = /<script>([^]*?)<\/script>|<style>[^]*?<\/style>|<!DOCTYPE[^>]*>|<(\/?)(\w+)([^>]*?)(\/?)>|([^<]+)/g;
  for (const [, script, closes, tag, rest, isEmpty, text] of page.matchAll(tokens)) {
    const inner = open[open.length - 1];
    if (script !== undefined) {
      const element = new Element("script");
      element.append(new Text(script));
      inner.appendChild(element);
    } else if (text !== undefined) {
      inner.append(plain(text));
    } else if (tag !== undefined && closes) {
      if (open.pop().tag !== tag) {
        throw new Error(`</${tag}> closes nothing`);
      }
    } else if (tag !== undefined) {
      const attributes = [...rest.matchAll(/([\w-]+)="([^"]*)"/g)];
      const pairs = attributes.map(([, name, value]) => [name, plain(value)]);
      const element = new Element(tag, Object.fromEntries(pairs));
      inner.appendChild(element);
      if (!isEmpty) {
        open.push(element);
      }
    }
  }
  return root;
}

const root = parse(fs.readFileSync(process.argv[2], "utf8"));
const tables = root.all("table");
const document = {
  querySelectorAll: (selector) => root.all(selector),
  createElement: (tag) => new Element(tag),
};
for (const script of root.all("script")) {
  vm.runInNewContext(script.textContent, { document });
}

const steps = fs.readFileSync(0, "utf8").split("\n").filter(Boolean);
for (const step of steps) {
  const [what, number, ...words] = step.split(" ");
  const table = tables[Number(number)];
  const heads = table.tHead.rows[0].cells;
  const search = table.parentNode.sibling;
  if (what === "click") {
    const head = heads.find((it) => it.textContent === words.join(" "));
    head.all("button")[0].listeners.click();
  } else {
    const input = search.all("input")[0];
    input.value = words.join(" ");
    input.listeners.input();
  }
  const shown = table.tBodies[0].rows.filter((it) => !it.hidden);
  console.log(
    JSON.stringify({
      rows: shown.map((row) => row.cells.map((it) => it.textContent)),
      sorted: heads.map((it) => it.getAttribute("aria-sort")),
      says: search.all("span")[0].textContent,
    })
  );
}
