// The CDK's entry: one stack a stage, `cdk synth -c stage=staging|production -c image=TAG`. Nothing is looked up, so it needs no account.
import { App } from "aws-cdk-lib";
import { addStack, parseContext } from "./stack.ts";

const app = new App();
addStack(app, parseContext(app.node.tryGetContext("stage"), app.node.tryGetContext("image")));
