/** What AWS's own clients read of the environment, under the same names. */
export interface AwsEnvironment {
  readonly [name: string]: string | undefined;
}

export function awsRegion(environment: AwsEnvironment): string {
  return environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1";
}

/** Of S3 or of a service that speaks its protocol. */
export function s3Endpoint(environment: AwsEnvironment, region: string): string {
  return (
    environment["AWS_ENDPOINT_URL_S3"] ??
    environment["AWS_ENDPOINT_URL"] ??
    `https://s3.${region}.amazonaws.com`
  );
}
