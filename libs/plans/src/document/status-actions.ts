/** What single error statuses of an ioworker do: `{"02/81": ignore}`. */
import { z } from "zod";
import { suggestion } from "./suggest";
import { notA } from "./values";

export const ERROR_ACTIONS = ["stop", "count", "ignore", "freeze"] as const;
export type ErrorAction = (typeof ERROR_ACTIONS)[number];
export interface StatusAction {
  sct: number;
  sc: number;
  action: ErrorAction;
}

/** Statuses of one step that are treated in a way of their own. */
export const MAX_STATUS_ACTIONS = 64;
const STATUS = /^([0-7]?[0-7])\/([0-9a-fA-F]{2})$/;

/** Sorted by status, so that the order in which the author wrote them means nothing. */
export function statusActions() {
  return z
    .unknown()
    .meta({
      description: 'what single statuses do instead of `onError`, sct/sc in hexadecimal: {"02/81": ignore}',
      type: "object",
      propertyNames: { pattern: STATUS.source },
      additionalProperties: { enum: [...ERROR_ACTIONS] },
      maxProperties: MAX_STATUS_ACTIONS,
    })
    .transform((input, ctx): StatusAction[] => {
      const add = (message: string, path: PropertyKey[] = []) => ctx.addIssue({ code: "custom", message, path });
      if (input === null) return [];
      if (typeof input !== "object" || Array.isArray(input)) {
        add('is no mapping of statuses: write {"02/81": ignore}');
        return z.NEVER;
      }
      const entries = Object.entries(input);
      if (entries.length > MAX_STATUS_ACTIONS) add(`at most ${MAX_STATUS_ACTIONS} statuses`);
      const list = entries.flatMap(([key, action]): StatusAction[] => {
        const match = STATUS.exec(key);
        const [sct, sc] = [Number.parseInt(match?.[1] ?? "", 16), Number.parseInt(match?.[2] ?? "", 16)];
        if (match === null) add(`is no status: write sct/sc in hexadecimal, for example "02/81"`, [key]);
        else if (sct === 0 && sc === 0) add("is success and no error", [key]);
        else if (typeof action !== "string") add(notA("string", action), [key]);
        else if (!ERROR_ACTIONS.some((word) => word === action))
          add(`unknown reaction \`${action}\`${suggestion(action, ERROR_ACTIONS)}`, [key]);
        else return [{ sct, sc, action: action as ErrorAction }];
        return [];
      });
      const twice = list.find((one, at) => list.findIndex((its) => its.sct === one.sct && its.sc === one.sc) !== at);
      if (twice !== undefined) add(`status ${twice.sct}/${twice.sc.toString(16)} stands there twice`);
      return list.sort((a, b) => a.sct - b.sct || a.sc - b.sc);
    });
}
