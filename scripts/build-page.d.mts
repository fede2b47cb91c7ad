export function buildPage(node: string): void;
