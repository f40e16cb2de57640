import { type Api, answer } from "../api/connection";
import { takeItems } from "../api/pages";
import { CommandError, exitCodes } from "../exit-codes";

const WHOLE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const BEGINNING = /^[0-9a-f][0-9a-f-]{3,35}$/i;
/** Among so many newest ones the beginning of an id is looked up. */
const LOOK_BACK = 1000;

/** The whole id of a run or campaign of which the beginning is enough. @throws CommandError when it is not */
export async function findRunId(api: Api, text: string): Promise<string> {
  return findId(text, "run", () =>
    takeItems(LOOK_BACK, (cursor, limit) => answer(api.GET("/api/v1/runs", { params: { query: { cursor, limit } } }))),
  );
}

export async function findCampaignId(api: Api, text: string): Promise<string> {
  return findId(text, "campaign", () =>
    takeItems(LOOK_BACK, (cursor, limit) =>
      answer(api.GET("/api/v1/campaigns", { params: { query: { cursor, limit } } })),
    ),
  );
}

async function findId(
  text: string,
  noun: string,
  newest: () => Promise<{ id: string; name?: string }[]>,
): Promise<string> {
  if (WHOLE_ID.test(text)) return text;
  const items = await newest();
  const named = items.filter((item) => item.name === text);
  const found =
    named.length > 0
      ? named
      : BEGINNING.test(text)
        ? items.filter((item) => item.id.startsWith(text.toLowerCase()))
        : [];
  if (found.length === 1 || (named.length > 0 && found[0] !== undefined)) return found[0]!.id;
  if (found.length > 1)
    throw new CommandError(exitCodes.usage, `${found.length} ${noun}s begin with ${text}; give more of the id`);
  throw new CommandError(exitCodes.usage, `no ${noun} is known by ${text}; \`assay ${noun} list\` shows what there is`);
}
