// What may be done to which keys. Conditional writes are not a custom here: S3 itself refuses the others.
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { type Buckets, KEY_PATTERNS } from "./buckets.ts";

/** Only with `If-None-Match`: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html */
export const CREATE_ONLY = { Null: { "s3:if-none-match": "false" } };

/** Only with `If-Match`: exactly the version that was read is replaced. */
export const REPLACE_ONLY = { Null: { "s3:if-match": "false" } };

export function keysOf(bucket: Bucket, ...patterns: readonly string[]): string[] {
  return patterns.map((pattern) => bucket.arnForObjects(pattern));
}

/** Read events; read everything published; create objects, documents and first pointers; replace pointers. Delete nothing. */
export function trainerStatements({ artifacts, events }: Buckets): PolicyStatement[] {
  const { objects, documents, pointers } = KEY_PATTERNS;
  const [published, moved] = [keysOf(artifacts, objects, documents, pointers), keysOf(artifacts, pointers)];
  return [
    new PolicyStatement({ actions: ["s3:ListBucket"], resources: [artifacts.bucketArn, events.bucketArn] }),
    new PolicyStatement({ actions: ["s3:GetObject"], resources: [...published, ...keysOf(events, KEY_PATTERNS.events)] }),
    new PolicyStatement({ actions: ["s3:PutObject"], resources: published, conditions: CREATE_ONLY }),
    new PolicyStatement({ actions: ["s3:PutObject"], resources: moved, conditions: REPLACE_ONLY }),
  ];
}
