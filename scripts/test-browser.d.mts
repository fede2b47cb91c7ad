export function findBrowser(): string | null;
export function testBrowser(): string | null;
