/** The agent cannot start; the message is a sentence for the person who started it. */
export class StartError extends Error {
  override name = "StartError";
}

/** What an error of the file system means, in words. */
export function folderSentence(folder: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case "EROFS":
      return `${folder} is on a read-only file system: the agent must write there`;
    case "EACCES":
    case "EPERM":
      return `${folder} may not be written by this user: give it to the user that runs the agent`;
    case "ENOSPC":
    case "EDQUOT":
      return `the disk of ${folder} is full: free some space and start again`;
    case "ENOTDIR":
    case "EEXIST":
      return `${folder} is no folder: remove the file of that name or choose another folder`;
    default:
      return `${folder} cannot be used: ${(error as Error).message}`;
  }
}
