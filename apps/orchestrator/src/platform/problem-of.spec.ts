import { BadRequestException, HttpException } from "@nestjs/common";
import { z } from "zod";
import { problem, problemBody } from "./problem";
import { problemOf } from "./problem-of";

const failed = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error!;

describe("an error becomes to the caller", () => {
  it("what it is when it is a problem", () => {
    const known = problem("conflict", "taken");
    expect(problemOf(known)).toBe(known);
  });

  it("a list of what is wrong, with paths, when a schema refused", () => {
    const error = failed(z.object({ a: z.object({ b: z.number() }), c: z.string() }), { a: { b: "x" } });
    const answer = problemBody(problemOf(error));
    expect(answer).toMatchObject({ status: 400, problems: [{ path: "a.b" }, { path: "c" }] });
    expect(answer.detail).toMatch(/^a\.b: .*\(and 1 more\)$/);
  });

  it.each([
    { code: "57P01", message: "terminating connection" },
    { code: "ECONNREFUSED", message: "connect" },
    { code: "08006", message: "connection failure" },
    Object.assign(new Error("prisma"), { cause: { code: "ECONNRESET" } }),
    new AggregateError([Object.assign(new Error("v6"), { code: "ECONNREFUSED" })]),
    new Error("timeout exceeded when trying to connect"),
  ])("`unavailable` when the database is away: %o", (error) => {
    expect(problemOf(error)).toMatchObject({ code: "unavailable", status: 503 });
  });

  it.each([
    [new BadRequestException("no uuid"), "invalid-request"],
    [Object.assign(new Error("big"), { statusCode: 413 }), "too-large"],
    [new HttpException("gone", 404), "not-found"],
  ])("the problem of its status: %s", (error, code) => {
    expect(problemOf(error).code).toBe(code);
  });

  it.each([
    new TypeError("x is undefined"),
    { code: "23505", message: "duplicate key value (email)=(secret)" },
    "text",
    null,
  ])("`internal`, and nothing of the inside: %s", (error) => {
    const answer = problemOf(error);
    expect(answer).toMatchObject({ code: "internal", status: 500 });
    expect(answer.message).not.toMatch(/undefined|secret|text/);
  });

  it("an answer whose own members cannot be overwritten", () => {
    const body = problemBody(problem("sequence-gap", "no", [], { nextSeq: 7, status: 200 }));
    expect(body).toMatchObject({ nextSeq: 7, status: 409, code: "sequence-gap" });
  });
});
