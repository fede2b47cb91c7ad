export const fr: { [key: string]: string } = {};
