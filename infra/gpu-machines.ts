// The machines that train: spot GPUs that exist only while a job runs, in private subnets, with S3 reached without the NAT.
import * as batch from "aws-cdk-lib/aws-batch";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import type { Construct } from "constructs";

/** CUDA and the image take most of the AMI's default 30 GiB; the events of a run need room too. */
const DISK_GIB = 100;

export interface GpuMachines {
  readonly vpc: ec2.Vpc;
  readonly machines: batch.ManagedEc2EcsComputeEnvironment;
}

export function gpuMachines(scope: Construct, maxvCpus: number): GpuMachines {
  const vpc = new ec2.Vpc(scope, "Vpc", {
    maxAzs: 2,
    natGateways: 1,
    flowLogs: { all: { trafficType: ec2.FlowLogTrafficType.REJECT } },
    gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
  });
  const launchTemplate = new ec2.LaunchTemplate(scope, "Machine", {
    requireImdsv2: true,
    httpPutResponseHopLimit: 2, // the container is one hop behind the machine
    blockDevices: [
      {
        deviceName: "/dev/xvda",
        volume: ec2.BlockDeviceVolume.ebs(DISK_GIB, { volumeType: ec2.EbsDeviceVolumeType.GP3, encrypted: true }),
      },
    ],
  });
  const machines = new batch.ManagedEc2EcsComputeEnvironment(scope, "Machines", {
    vpc,
    launchTemplate,
    images: [{ imageType: batch.EcsMachineImageType.ECS_AL2023_NVIDIA }],
    instanceTypes: ["g4dn.xlarge", "g5.xlarge"].map((name) => new ec2.InstanceType(name)),
    useOptimalInstanceClasses: false,
    spot: true,
    allocationStrategy: batch.AllocationStrategy.SPOT_PRICE_CAPACITY_OPTIMIZED,
    minvCpus: 0,
    maxvCpus,
  });
  return { vpc, machines };
}
