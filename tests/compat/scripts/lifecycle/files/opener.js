export const opened = typeof open;
