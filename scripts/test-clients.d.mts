export function clientsPython(): string | null;
