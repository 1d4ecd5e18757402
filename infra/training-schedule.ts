// When models are retrained: once a day for each task, by EventBridge Scheduler.
import { Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Schedule, ScheduleExpression, ScheduleTargetInput, TimeWindow } from "aws-cdk-lib/aws-scheduler";
import { Universal } from "aws-cdk-lib/aws-scheduler-targets";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { TrainingJob } from "./training-job.ts";

interface TrainingScheduleProps {
  readonly job: TrainingJob;
  readonly tasks: readonly string[];
}

export class TrainingSchedule extends Construct {
  /** Submissions that AWS Batch would not take. */
  readonly undelivered: Queue;
  readonly schedules: readonly Schedule[];

  constructor(scope: Construct, id: string, { job, tasks }: TrainingScheduleProps) {
    super(scope, id);
    this.undelivered = new Queue(this, "Undelivered", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.schedules = tasks.map((task) => this.#retrainDaily(task, job));
  }

  #retrainDaily(task: string, { queue, definition }: TrainingJob): Schedule {
    const target = new Universal({
      service: "batch",
      action: "submitJob",
      input: ScheduleTargetInput.fromObject({
        JobName: `retrain-${task}`,
        JobQueue: queue.jobQueueArn,
        JobDefinition: definition.jobDefinitionArn,
        Parameters: { task },
      }),
      policyStatements: [
        new PolicyStatement({ actions: ["batch:SubmitJob"], resources: [queue.jobQueueArn, definition.jobDefinitionArn] }),
      ],
      deadLetterQueue: this.undelivered,
      maxEventAge: Duration.hours(2),
    });
    return new Schedule(this, `Retrain-${task}`, {
      description: `Retrain ${task} on what ${Stack.of(this).stackName} collected`,
      schedule: ScheduleExpression.cron({ hour: "3", minute: "0" }), // UTC
      timeWindow: TimeWindow.flexible(Duration.minutes(15)),
      target,
    });
  }
}
