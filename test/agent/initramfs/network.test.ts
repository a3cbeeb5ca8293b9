// Does network.sh understand what the operator's page names, refuse what it does not, and never run a word of a DHCP server's? In every shell that an
// initrd may have; `ip` is a function that says what it was asked. Real networks are in test/vm/network.test.ts.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "../../../build/runtime.mjs";

const shells = ["/bin/sh", "/bin/bash", "/usr/lib/klibc/bin/sh"].filter((shell) => existsSync(shell));
const work = mkdtempSync(join(tmpdir(), "portcullis-network-"));
const servers = join(work, "resolv.conf");
afterAll(() => rmSync(work, { recursive: true }));

/** What all shells say alike. */
function run(script: string, word: string, input = ""): string {
  const [first = "", ...others] = shells.map((shell) => {
    rmSync(servers, { force: true });
    const source = `set -f; . "$1"; network_servers=${servers}; ip() { echo "ip $*"; }; ${script}`;
    const words = ["-c", source, "sh", join(root, "agent/initramfs/network.sh"), word];
    const { stdout, stderr } = spawnSync(shell, words, { encoding: "utf8", input, cwd: work });
    return stdout + stderr + (existsSync(servers) ? readFileSync(servers, "utf8") : "");
  });
  for (const other of others) expect(other).toBe(first);
  return first;
}

describe("a kernel command line", () => {
  const read = (line: string): string =>
    run('network_read "$2" || echo "$network_fault"; echo "$network_plans $network_wait"', line).trim();
  test.each([
    ["quiet", "any,dhcp 30"],
    ["ip=dhcp portcullis.wait=600", "any,dhcp 600"],
    ["ip=eth0:dhcp", "eth0,dhcp 30"],
    ["ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off:10.0.2.3", "eth0,10.0.2.15/24,gw=10.0.2.2,dns=10.0.2.3 30"],
    ["portcullis.net=52:54:00:12:34:56,192.0.2.7/32,gw=172.31.1.1", "52:54:00:12:34:56,192.0.2.7/32,gw=172.31.1.1 30"],
    [
      "portcullis.net=eth0,2001:db8::7/64,gw=fe80::1,dns=2001:db8::53 portcullis.net=eth1,auto6",
      "eth0,2001:db8::7/64,gw=fe80::1,dns=2001:db8::53 eth1,auto6 30",
    ],
  ])("%s", (line, plans) => expect(read(line)).toBe(plans));

  test.each(
    (
      "eth0 eth0, ,dhcp eth0,dhcp4 eth0,192.0.2.7 eth0,192.0.2.7/ eth0,192.0.2.7/32/1 eth0,manager.test/24 eth0,dhcp,gw= eth0,dhcp,via=192.0.2.1 " +
      "eth0,dhcp,dns=ns.test 52:54:00:AB:cd:ef,dhcp eth0:1,dhcp $(reboot),dhcp eth0,dhcp,gw=;reboot *,dhcp ../eth0,dhcp"
    ).split(" "),
  )("portcullis.net=%s is refused", (plan) => expect(read(`portcullis.net=${plan}`)).toContain("portcullis.net= is not understood"));

  test.each(["ip=maybe", "ip=1.2.3.4", "ip=10.0.2.15::gate:255.255.255.0", "ip=10.0.2.15::10.0.2.2:255.255.255.1", "ip=::::::$(reboot)"])(
    "%s is refused",
    (word) => expect(read(word)).toContain("ip= is not understood"),
  );
  test.each(["0", "601", "ten", "", "-1"])("portcullis.wait=%s is refused", (wait) =>
    expect(read(`portcullis.wait=${wait}`)).toContain("takes 1 to 600 seconds"),
  );
});

describe("a DHCP server's answer", () => {
  const answer = (...lines: readonly string[]): string => run('network_dhcp_answer "$2"', "eth0", `${lines.join("\n")}\n`);
  test("gives a gateway, on the network or not, and name servers", () => {
    const said = answer("DEVICE='eth0'", "IPV4ADDR='192.0.2.7'", "IPV4GATEWAY='172.31.1.1'", "IPV4DNS0='192.0.2.53'", "IPV4DNS1='0.0.0.0'");
    expect(said).toBe("ip route replace default via 172.31.1.1 dev eth0 onlink\nnameserver 192.0.2.53\n");
  });

  test.each(
    [
      "$(touch ran)",
      "`touch ran`",
      "1;touch ran",
      "1'; touch ran; '",
      "1 dev lo",
      "-6",
      "*",
      "1\\n2",
      "$IFS",
      "../../etc",
      "a.b.c.d",
      "192.0.2.1,1",
      "",
    ].flatMap((value) => [[value], [`'${value}'`]]),
  )("%s is no address", (value) => {
    const said = answer(`IPV4GATEWAY=${value}`, `IPV4DNS0=${value}`, `IPV4DNS1=${value}`, `HOSTNAME=${value}`, value);
    expect(said).toBe("");
    expect(readdirSync(work)).toEqual([]);
  });
});
