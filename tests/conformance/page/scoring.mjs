// A scoring server: it wants a key, and answers with a number for each row. Prints its port.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  let text = "";
  request.on("data", (part) => (text += part));
  request.on("end", () => {
    const answer = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (!/^Bearer .+/.test(request.headers.authorization ?? "")) return answer(401, { error: "no key" });
    if (request.url !== "/score") return answer(404, { error: "no such route" });
    try {
      answer(200, { result: JSON.parse(text).data.map((row) => row.length * 10.5) });
    } catch {
      answer(422, { error: "<b>no rows</b>" });
    }
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
