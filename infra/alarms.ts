// What wakes a person: a failed job, a schedule that could not submit one, and a week without a new model.
import { ArnFormat, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, type IMetric, type Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { type EventPattern, type IRuleTarget, Match, Rule } from "aws-cdk-lib/aws-events";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { FilterPattern, LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type Buckets, STABLE_POINTERS } from "./buckets.ts";
import type { TrainingJob } from "./training-job.ts";

interface AlarmsProps {
  readonly buckets: Buckets;
  readonly job: TrainingJob;
  readonly undelivered: Queue;
}

/** CloudWatch looks back a week at most. */
const FRESH_DAYS = 7;

export class Alarms extends Construct {
  readonly topic: Topic;
  readonly #events: LogGroup;

  constructor(scope: Construct, id: string, { buckets, job, undelivered }: AlarmsProps) {
    super(scope, id);
    this.topic = new Topic(this, "Topic", { enforceSSL: true, displayName: "Selvedge alarms" });
    this.#events = new LogGroup(this, "Events", {
      logGroupName: `/aws/events/${Stack.of(this).stackName}`, // EventBridge writes to groups under this prefix
      retention: RetentionDays.SIX_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY, // a named group that stayed would block the next deployment
    });
    this.#events.grantWrite(new ServicePrincipal("events.amazonaws.com"));

    const failed = this.#count("FailedJobs", "aws.batch", {
      detailType: ["Batch Job State Change"],
      detail: { status: ["FAILED"], jobQueue: [job.queue.jobQueueArn] },
    });
    this.#alarm("JobFailed", failed, "A training job failed. The old model is still served.");

    const waiting = undelivered.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum" });
    this.#alarm("ScheduleFailed", waiting, "The schedule could not submit a training job.");

    const moved = this.#count("StableMoves", "aws.s3", {
      detailType: ["Object Created"],
      detail: { bucket: { name: [buckets.artifacts.bucketName] }, object: { key: Match.wildcard(STABLE_POINTERS) } },
    });
    new Alarm(this, "NoFreshModel", {
      alarmDescription: `No stable pointer has moved for ${FRESH_DAYS} days: jobs fail, the gate refuses, or no events arrive.`,
      metric: moved.with({ period: Duration.days(1) }),
      evaluationPeriods: FRESH_DAYS,
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
    }).addAlarmAction(new SnsAction(this.topic));
  }

  /** Keeps the events that match, and counts them. */
  #count(name: string, source: string, pattern: EventPattern): Metric {
    const { logGroupName: resourceName } = this.#events;
    const arn = Stack.of(this).formatArn({
      service: "logs",
      resource: "log-group",
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME, // EventBridge takes it without the ":*" of the group's own ARN
    });
    const target: IRuleTarget = { bind: () => ({ arn }) };
    new Rule(this, `${name}Rule`, { eventPattern: { source: [source], ...pattern }, targets: [target] });
    const filter = this.#events.addMetricFilter(name, {
      metricNamespace: Stack.of(this).stackName,
      metricName: name,
      filterPattern: FilterPattern.stringValue("$.source", "=", source),
    });
    return filter.metric({ statistic: "Sum" });
  }

  #alarm(name: string, metric: IMetric, alarmDescription: string): void {
    new Alarm(this, name, {
      alarmDescription,
      metric,
      evaluationPeriods: 1,
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(this.topic));
  }
}
