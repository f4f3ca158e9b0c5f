// What both peers do with a message: hide what looks like a number, encrypt, store. As one would write it, and with group commit.

import { createCipheriv, randomBytes } from "node:crypto";
import pg from "pg";

const CARD = /\b(?:\d[ -]?){12,18}\d\b/g;
const SSN = /\b\d{3}-\d{2}-\d{4}\b/g;
const KEY = Buffer.alloc(32); // nothing is secret here: the messages are made up
const INSERT_ONE =
  "INSERT INTO message (client_id, room, author, body, sent_at) VALUES ($1, $2, $3, $4, $5) RETURNING id";
const INSERT_MANY = `INSERT INTO message (client_id, room, author, body, sent_at)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::timestamptz[]) RETURNING id`;

/** @param {string} digits */
function isCard(digits) {
  let total = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const value = Number(digits[digits.length - 1 - place]);
    total += place % 2 === 0 ? value : value < 5 ? value * 2 : value * 2 - 9;
  }
  return total % 10 === 0;
}

/** @param {string} text */
export function masked(text) {
  return text
    .replace(CARD, (found) => {
      const digits = found.replace(/\D/g, "");
      return isCard(digits) ? `•••• •••• •••• ${digits.slice(-4)}` : found;
    })
    .replace(SSN, "•••-••-••••");
}

/** @param {string} text @param {string} room */
export function sealed(text, room) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", KEY, nonce);
  cipher.setAAD(Buffer.from(room));
  return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/** By PGHOST, PGUSER, PGDATABASE. */
export function pool() {
  return new pg.Pool({ max: 10 });
}

/** @param {pg.Pool} connections @param {string} token */
export async function member(connections, token) {
  const found = await connections.query({
    name: "member",
    text: "SELECT name FROM member WHERE token = $1",
    values: [token],
  });
  return found.rows[0]?.name;
}

/** A row a message, each in a transaction of its own. */
export class EachAlone {
  /** @param {pg.Pool} connections */
  constructor(connections) {
    this.connections = connections;
  }

  /** @param {unknown[]} row */
  async add(row) {
    const done = await this.connections.query({ name: "one", text: INSERT_ONE, values: row });
    return done.rows[0].id;
  }
}

/** All that gathered while the last commit ran goes into the next one. */
export class Together {
  /** @param {pg.Pool} connections */
  constructor(connections) {
    this.connections = connections;
    this.waiting = [];
    this.isBusy = false;
  }

  /** @param {unknown[]} row */
  add(row) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ row, resolve, reject });
      if (!this.isBusy) void this.write();
    });
  }

  async write() {
    this.isBusy = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, 500);
      const columns = [0, 1, 2, 3, 4].map((column) => batch.map((entry) => entry.row[column]));
      try {
        const done = await this.connections.query({ name: "many", text: INSERT_MANY, values: columns });
        batch.forEach((entry, place) => entry.resolve(done.rows[place].id));
      } catch (error) {
        batch.forEach((entry) => entry.reject(error));
      }
    }
    this.isBusy = false;
  }
}
