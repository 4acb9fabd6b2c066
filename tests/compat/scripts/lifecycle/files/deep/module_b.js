export const fromB = 'from b';
