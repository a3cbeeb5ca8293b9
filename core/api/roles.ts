// Who may call what? Roles are fixed when a connection is made and never asked of the caller.

/** view: look. operate: enrol, launch a simulation, propose a decision. approve: decide. Each includes the ones before it. */
export type Role = "view" | "operate" | "approve";

const order: readonly Role[] = ["view", "operate", "approve"];

export function mayCall(role: Role, needed: Role): boolean {
  return order.indexOf(role) >= order.indexOf(needed);
}
