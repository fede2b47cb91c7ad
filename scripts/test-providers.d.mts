export function providersPython(): string | null;
export function makeProviders(): string | null;
