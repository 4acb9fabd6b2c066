// No default function, and no scenario that names another.
export function other() {}
