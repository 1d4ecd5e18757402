// One stage of Selvedge's cloud: buckets, who may touch them, the training job, its schedule and its alarms.
import { type App, CfnOutput, Stack, Tags, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { Alarms } from "./alarms.ts";
import { Buckets } from "./buckets.ts";
import { EdgeUser } from "./edge-user.ts";
import { acknowledgeFindings } from "./findings.ts";
import { TrainingJob } from "./training-job.ts";
import { TrainingSchedule } from "./training-schedule.ts";

export type Stage = "staging" | "production";

export interface Deployment {
  readonly stage: Stage;
  readonly imageTag: string;
}

/** Tasks that are retrained on the schedule. */
const TASKS = ["ad-click"];

/** What `-c stage=... -c image=...` say, over the defaults of cdk.json. */
export function parseContext(stage: unknown, image: unknown): Deployment {
  if (stage !== "staging" && stage !== "production") throw new Error(`-c stage=${stage}: expected staging or production`);
  if (typeof image !== "string" || !/^[\w][\w.-]{0,127}$/.test(image))
    throw new Error(`-c image=${image}: expected an image's tag`);
  return { stage, imageTag: image };
}

/** Adds a stage's stack, checked against the AWS Solutions rules: a finding that has no written reason fails the synthesis. */
export function addStack(app: App, { stage, imageTag }: Deployment): Stack {
  const stack = new Stack(app, `Selvedge-${stage}`, { description: `Selvedge ${stage}: artifacts, events, training` });
  Tags.of(stack).add("selvedge:stage", stage);
  const buckets = new Buckets(stack, "Buckets");
  const edge = new EdgeUser(stack, "Edge", { buckets });
  const job = new TrainingJob(stack, "Training", { buckets, imageTag });
  const schedule = new TrainingSchedule(stack, "Schedule", { job, tasks: TASKS });
  const alarms = new Alarms(stack, "Alarms", { buckets, job, undelivered: schedule.undelivered });
  const outputs = {
    ArtifactBucket: buckets.artifacts.bucketName,
    EventBucket: buckets.events.bucketName,
    EdgeUserName: edge.user.userName,
    ImageRepository: job.repository.repositoryUri,
    SigningKeySecret: job.signingKey.secretName,
    JobQueue: job.queue.jobQueueName,
    JobDefinition: job.definition.jobDefinitionName,
    AlarmTopic: alarms.topic.topicArn,
  };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value });
  acknowledgeFindings({ buckets, edge, job, schedule });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return stack;
}
