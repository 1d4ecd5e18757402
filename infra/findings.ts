// The AWS Solutions rules that we break on purpose, each with its reason. Any other finding fails the synthesis.
import { Stack, Validations } from "aws-cdk-lib";
import type { Bucket, CfnBucket } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { type Buckets, KEY_PATTERNS } from "./buckets.ts";
import type { EdgeUser } from "./edge-user.ts";
import type { TrainingJob } from "./training-job.ts";
import type { TrainingSchedule } from "./training-schedule.ts";

interface Parts {
  readonly buckets: Buckets;
  readonly edge: EdgeUser;
  readonly job: TrainingJob;
  readonly schedule: TrainingSchedule;
}

export function acknowledgeFindings({ buckets, edge, job, schedule }: Parts): void {
  const { objects, documents, pointers, catalogs, events } = KEY_PATTERNS;
  const keys = [
    ...[objects, documents, pointers].map((pattern) => keyFinding(buckets.artifacts, pattern)),
    keyFinding(buckets.events, events),
  ];
  accept(
    edge,
    [...keys, keyFinding(buckets.artifacts, catalogs)],
    "Keys are named by content, task and hour: only their prefixes are known here.",
  );
  accept(job.role, keys, "Keys are named by content, task and hour: only their prefixes are known here.");
  accept(job.executionRole, ["AwsSolutions-IAM5[Resource::*]"], "ecr:GetAuthorizationToken takes no resource.");
  const managed = "service-role/AmazonEC2ContainerServiceforEC2Role";
  const policy = `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${managed}]`;
  accept(job.machines, [policy], "What the ECS agent needs changes with the agent: AWS keeps that list.");
  accept(job.signingKey, ["AwsSolutions-SMG4"], "Readers must trust the new key first: rotation is a procedure of the runbook.");
  accept(schedule.undelivered, ["AwsSolutions-SQS3"], "It is a dead-letter queue, of the scheduler.");
}

function accept(construct: Construct, ids: readonly string[], reason: string): void {
  Validations.of(construct).acknowledge(...ids.map((id) => ({ id, reason })));
}

/** The finding about a wildcard among a bucket's keys. */
function keyFinding(bucket: Bucket, pattern: string): string {
  const resource = bucket.node.defaultChild as CfnBucket; // a Bucket's default child is its CfnBucket
  return `AwsSolutions-IAM5[Resource::<${Stack.of(bucket).getLogicalId(resource)}.Arn>/${pattern}]`;
}
