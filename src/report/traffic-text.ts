import type { Traffic } from "../observation.ts";

/** One line of what was measured. */
export function trafficText(traffic: Traffic | undefined): string {
  if (traffic === undefined) return "not observed";
  const { global, shared } = traffic;
  const loads = `${global.loadBytes} bytes loaded in ${global.loadSectors} sectors of 32 bytes`;
  const stores = `${global.storeBytes} bytes stored in ${global.storeSectors}`;
  return `${loads}, ${stores}, ${shared.bankConflicts} bank conflicts`;
}
