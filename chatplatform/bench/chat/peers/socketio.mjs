// `node socketio.mjs PORT`: Socket.IO and PostgreSQL as most would write it, an INSERT for each message.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { EachAlone, masked, member, pool, sealed } from "./store.mjs";

const connections = pool();
const store = new EachAlone(connections);
const http = createServer();
const io = new Server(http, { transports: ["websocket"], serveClient: false });

io.on("connection", (socket) => {
  let mine = [];
  let name = "";

  socket.on("hello", async (frame, answer) => {
    name = await member(connections, frame.token);
    if (!name) return socket.disconnect(true);
    mine = frame.rooms;
    await socket.join(mine);
    answer({ type: "welcome" });
  });

  socket.on("message", async (frame, acknowledge) => {
    const room = mine[0];
    const text = masked(frame.text);
    const at = new Date();
    const id = await store.add([frame.client_id, room, name, sealed(text, room), at]);
    const told = { client_id: frame.client_id, id, sent_at: at };
    acknowledge({ type: "ack", ...told });
    socket.to(room).emit("message", { type: "message", ...told, author: name, text });
  });
});

http.listen(Number(process.argv[2]), "127.0.0.1");
