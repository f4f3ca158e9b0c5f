// `node ws.mjs PORT`: the `ws` package and PostgreSQL, tuned: one INSERT for all that waits, frames encoded once.

import { WebSocketServer } from "ws";
import { Together, masked, member, pool, sealed } from "./store.mjs";

const connections = pool();
const store = new Together(connections);
/** @type {Map<string, Set<import("ws").WebSocket>>} */
const rooms = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]) });

server.on("connection", (socket) => {
  let mine = [];
  let name = "";

  async function greet(frame) {
    name = await member(connections, frame.token);
    if (!name) return socket.close(4401);
    mine = frame.rooms;
    for (const room of mine) {
      if (!rooms.has(room)) rooms.set(room, new Set());
      rooms.get(room).add(socket);
    }
    socket.send('{"type":"welcome"}');
  }

  async function say(frame) {
    const room = mine[0];
    const text = masked(frame.text);
    const at = new Date();
    const id = await store.add([frame.client_id, room, name, sealed(text, room), at]);
    const told = { client_id: frame.client_id, id, sent_at: at };
    socket.send(JSON.stringify({ type: "ack", ...told }));
    const message = Buffer.from(JSON.stringify({ type: "message", ...told, author: name, text }));
    for (const other of rooms.get(room)) {
      if (other !== socket) other.send(message, { binary: false });
    }
  }

  socket.on("message", (data) => {
    const frame = JSON.parse(data.toString());
    (frame.type === "hello" ? greet(frame) : say(frame)).catch((error) => {
      console.error(error);
      socket.close(1011);
    });
  });
  socket.on("close", () => {
    for (const room of mine) rooms.get(room)?.delete(socket);
  });
});
