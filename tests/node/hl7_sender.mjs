// Sends HL7 messages over MLLP with a client that is not ours (@medplum/hl7), on one connection, in order.
//
// Arguments: host and port. Reads one JSON string a line, a message; answers one JSON line, {"code", "control"}: MSA-1 and
// MSA-2 of its acknowledgement.
import { createInterface } from "node:readline";
import { Hl7Message } from "@medplum/core";
import { Hl7Client } from "@medplum/hl7";

const [host, port] = process.argv.slice(2);
const encodings = { "UNICODE UTF-8": "utf-8", "8859/1": "iso-8859-1", "8859/15": "iso-8859-15" };
const client = new Hl7Client({ host, port: Number(port), keepAlive: true });
const connection = await client.connect();

for await (const line of createInterface({ input: process.stdin })) {
  const message = Hl7Message.parse(JSON.parse(line));
  connection.setEncoding(encodings[message.header.getComponent(18, 1)] ?? "utf-8");
  const answer = await client.sendAndWait(message);
  const msa = answer.getSegment("MSA");
  console.log(JSON.stringify({ code: msa.getComponent(1, 1), control: msa.getComponent(2, 1) }));
}
await client.close();
