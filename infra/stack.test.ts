// The synthesised template: who may do what, what is kept, what runs when, and what pages. Needs no account.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { App } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { eventKey, objectKey, pointerKey } from "../shared/artifact/keys.ts";
import { addStack, parseContext } from "./stack.ts";

const app = new App();
const stack = addStack(app, { stage: "staging", imageTag: "0123abc" });
const synthesised = app.synth();
const template = Template.fromStack(stack);

interface Statement {
  readonly Action: string | string[];
  readonly Effect: string;
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Every statement of a role or policy whose logical id matches, with its resources as one string each. */
function statementsOf(logicalId: RegExp): { actions: string[]; resources: string[]; condition: unknown }[] {
  const resources = Object.entries(template.toJSON().Resources as Record<string, { Properties: Record<string, unknown> }>);
  const documents = resources
    .filter(([id]) => logicalId.test(id))
    .flatMap(([, { Properties: p }]) => [
      p.PolicyDocument,
      ...((p.Policies ?? []) as { PolicyDocument: unknown }[]).map((q) => q.PolicyDocument),
    ]);
  return documents
    .filter((document) => document !== undefined)
    .flatMap((document) => (document as { Statement: Statement[] }).Statement)
    .map(({ Action, Resource, Condition }) => ({
      actions: [Action].flat(),
      resources: [Resource].flat().map((resource) => JSON.stringify(resource)),
      condition: Condition,
    }));
}

describe("the stack", () => {
  it("fails to synthesise when a finding of the AWS Solutions rules has no written reason", () => {
    const careless = new App();
    new Bucket(addStack(careless, { stage: "production", imageTag: "0123abc" }), "Careless");
    assert.throws(() => careless.synth(), { name: /ValidationFailed/ });
  });

  it("looks nothing up and builds nothing, so that it synthesises offline", () => {
    const { manifest, stacks } = synthesised;
    assert.equal(manifest.missing, undefined);
    assert.deepEqual(
      stacks[0]?.assets.map(({ packaging }) => packaging).filter((kind) => kind !== "file"),
      [],
      "no image to build",
    );
    assert.equal(Object.keys(template.findResources("AWS::Lambda::Function")).length, 0);
    assert.equal(Object.keys(template.findResources("Custom::S3BucketNotifications")).length, 0);
  });

  it("is the same each time", () => {
    const again = addStack(new App(), { stage: "staging", imageTag: "0123abc" });
    assert.deepEqual(Template.fromStack(again).toJSON(), template.toJSON());
  });

  it("refuses a stage or an image that it does not know", () => {
    assert.throws(() => parseContext("prod", "x"), /staging or production/);
    assert.throws(() => parseContext("production", "no spaces"), /image's tag/);
  });
});

describe("buckets", () => {
  it("are private, encrypted and kept when the stack goes", () => {
    const buckets = Object.values(template.findResources("AWS::S3::Bucket"));
    assert.equal(buckets.length, 3);
    for (const { Properties: properties, DeletionPolicy: deletion } of buckets) {
      assert.deepEqual(Object.values(properties.PublicAccessBlockConfiguration), [true, true, true, true]);
      assert.ok(properties.BucketEncryption);
      assert.equal(deletion, "Retain");
    }
  });

  it("refuse requests without TLS", () => {
    const refusal = Match.objectLike({ Effect: "Deny", Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "false" } } });
    template.allResourcesProperties("AWS::S3::BucketPolicy", {
      PolicyDocument: { Statement: Match.arrayWith([refusal]) },
    });
  });

  it("keep versions of artifacts, and let events expire", () => {
    template.hasResourceProperties("AWS::S3::Bucket", { VersioningConfiguration: { Status: "Enabled" } });
    template.hasResourceProperties("AWS::S3::Bucket", {
      LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 395, Status: "Enabled" })] },
    });
  });
});

describe("the edge's user", () => {
  const statements = statementsOf(/^EdgePolicy/);

  it("reads artifacts, creates events, publishes catalogs, and nothing else", () => {
    assert.deepEqual(new Set(statements.flatMap(({ actions }) => actions)), new Set(["s3:GetObject", "s3:PutObject"]));
    const writes = statements.filter(({ actions }) => actions.includes("s3:PutObject"));
    for (const { condition, resources } of writes) {
      assert.ok(condition);
      for (const resource of resources) assert.match(resource, /BucketsEvents|\/(manifests|channels)\/catalog\//);
    }
  });

  it("can reach the keys that the code writes", () => {
    const prefixes = [objectKey(""), "manifests/", pointerKey("a", "stable").slice(0, 9)];
    for (const prefix of prefixes)
      assert.ok(
        statements[0]?.resources.some((resource) => resource.includes(`/${prefix}`)),
        prefix,
      );
    assert.ok(eventKey(0, "x").startsWith("events/"));
    assert.ok(statements[1]?.resources[0]?.includes("/events/*"));
  });

  it("has no access key in the template", () => {
    template.resourceCountIs("AWS::IAM::AccessKey", 0);
  });
});

describe("the trainer's role", () => {
  const statements = statementsOf(/^TrainingRole/);

  it("deletes nothing and touches nothing but the store", () => {
    const actions = new Set(statements.flatMap((statement) => statement.actions));
    assert.deepEqual([...actions].sort(), ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]);
  });

  it("cannot write events", () => {
    const writes = statements.filter(({ actions }) => actions.includes("s3:PutObject"));
    for (const resource of writes.flatMap(({ resources }) => resources)) assert.match(resource, /BucketsArtifacts/);
  });

  it("writes only on a condition: it creates objects, and replaces pointers alone", () => {
    const writes = statements.filter(({ actions }) => actions.includes("s3:PutObject"));
    assert.equal(writes.length, 2);
    for (const { condition, resources } of writes) {
      const [key] = Object.keys((condition as { Null: Record<string, string> }).Null);
      assert.deepEqual(condition, { Null: { [String(key)]: "false" } });
      if (key === "s3:if-match") assert.ok(resources.every((resource) => resource.includes("/channels/")));
      else assert.equal(key, "s3:if-none-match");
    }
  });

  it("gets the signing key from the execution role, which may read that secret only", () => {
    const secret = statementsOf(/^TrainingExecutionRole/).filter(({ actions }) =>
      actions.some((action) => action.startsWith("secretsmanager:")),
    );
    assert.equal(secret.length, 1);
    assert.ok(secret[0]?.resources.every((resource) => resource.includes("TrainingSigningKey")));
  });
});

describe("the training job", () => {
  it("asks for one GPU, a time limit, and a second try only after a reclaimed spot machine", () => {
    template.hasResourceProperties("AWS::Batch::JobDefinition", {
      ContainerProperties: {
        Command: ["retrain", "--task", "Ref::task"],
        ResourceRequirements: Match.arrayWith([{ Type: "GPU", Value: "1" }]),
        Secrets: [Match.objectLike({ Name: "SELVEDGE_PRIVATE_KEY" })],
      },
      Timeout: { AttemptDurationSeconds: 21_600 },
      RetryStrategy: {
        EvaluateOnExit: [
          { Action: "RETRY", OnStatusReason: "Host EC2*" },
          { Action: "EXIT", OnReason: "*" },
        ],
      },
    });
  });

  it("runs on spot GPUs that do not exist between jobs", () => {
    template.hasResourceProperties("AWS::Batch::ComputeEnvironment", {
      ComputeResources: { Type: "SPOT", MinvCpus: 0, InstanceTypes: ["g4dn.xlarge", "g5.xlarge"] },
    });
  });

  it("is submitted daily, by a role that can submit this job to this queue", () => {
    template.hasResourceProperties("AWS::Scheduler::Schedule", {
      ScheduleExpression: "cron(0 3 * * ? *)",
      State: "ENABLED",
      Target: { DeadLetterConfig: Match.anyValue(), RoleArn: Match.anyValue() },
    });
    const submits = statementsOf(/^SchedulerRole/).filter(({ actions }) => actions.includes("batch:SubmitJob"));
    assert.equal(submits.length, 1);
    assert.ok(
      submits[0]?.resources.every((resource) => /Training(Queue|Definition)/.test(resource)),
      submits[0]?.resources.join(),
    );
  });
});

describe("alarms", () => {
  it("page on a failed job, a failed schedule and a week without a new model", () => {
    const alarms = Object.values(template.findResources("AWS::CloudWatch::Alarm"));
    assert.equal(alarms.length, 3);
    for (const { Properties: properties } of alarms) assert.equal(properties.AlarmActions.length, 1);
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      MetricName: "StableMoves",
      EvaluationPeriods: 7,
      Period: 86_400,
      TreatMissingData: "breaching",
    });
  });

  it("count failed jobs of this queue, and moves of stable pointers", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: { source: ["aws.batch"], detail: { status: ["FAILED"], jobQueue: Match.anyValue() } },
    });
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: { source: ["aws.s3"], detail: { object: { key: [{ wildcard: "channels/*/stable.json" }] } } },
    });
  });
});
