import { failureFrom } from "./failure";

describe("what a failed start tells the person at the terminal", () => {
  it.each([
    ['FATAL:  could not write lock file "postmaster.pid": No space left on device', "disk-full", /is full/],
    ["initdb: error: could not create directory: Read-only file system", "read-only", /read-only file system/],
    ["EACCES: permission denied, mkdir", "not-permitted", /belong to the user/],
    ['FATAL:  data directory "/x" has wrong ownership', "not-permitted", /belong to the user/],
    ['FATAL:  lock file "postmaster.pid" already exists', "lock-left", /still holds/],
    ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', "port-taken", /taken/],
    ["initdb: error: could not look up effective user ID 1500: user does not exist", "no-account", /useradd/],
    ["some other trouble", "broken", /some other trouble/],
  ])("%s -> %s", (says, code, sentence) => {
    const failure = failureFrom(says, "/lab/pg");
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(sentence);
  });
  it("only retries what vanishes by itself", () => {
    expect(failureFrom("pre-existing shared memory block (key 1, ID 2) is still in use", "/d").passing).toBe(true);
    expect(failureFrom("No space left on device", "/d").passing).toBeUndefined();
  });
});
