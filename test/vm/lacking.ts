// What is missing on this machine for a real VM with a real Debian system in it? Sentences for a person; none where all is here.
import { debianSentence, hasDebianPackages } from "../../build/debian-packages.mjs";
import { findProgram, missingSentence, type Program } from "../../build/programs.mjs";
import { treesLack } from "./debian-tree.ts";

export function vmLacks(): readonly string[] {
  const programs: readonly Program[] = ["cryptsetup", "mke2fs", "strip", "dpkg-deb"];
  const lacking = programs.filter((program) => findProgram(program) === undefined).map(missingSentence);
  if (!hasDebianPackages()) lacking.push(debianSentence);
  const trees = treesLack();
  return trees === undefined ? lacking : [...lacking, trees];
}
