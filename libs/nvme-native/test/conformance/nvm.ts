/** NVM commands (B085 to B099), ZNS and TCG (X10, X11). */
export {};
