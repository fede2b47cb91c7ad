/** Dag files as people have them whose tasks are those of clouds, by the operators of Airflow's own providers. */

/** ECS, Glue and EMR; the tasks before them make what an account has long had. */
export const aws = `from airflow.sdk import DAG, task
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.operators.ecs import (
    EcsCreateClusterOperator, EcsDeleteClusterOperator, EcsRegisterTaskDefinitionOperator, EcsRunTaskOperator,
)
from airflow.providers.amazon.aws.operators.emr import (
    EmrAddStepsOperator, EmrCreateJobFlowOperator, EmrTerminateJobFlowOperator,
)
from airflow.providers.amazon.aws.operators.glue import GlueJobOperator
from airflow.providers.amazon.aws.operators.s3 import S3CreateBucketOperator, S3CreateObjectOperator
from airflow.providers.amazon.aws.sensors.ecs import EcsTaskStateSensor, EcsTaskStates

with DAG("containers", schedule=None, params={"image": "python:3.12"}):

    @task
    def subnets():
        found = AwsBaseHook(client_type="ec2").get_conn().describe_subnets()["Subnets"]
        return [one["SubnetId"] for one in found][:1]

    cluster = EcsCreateClusterOperator(task_id="cluster", cluster_name="training")
    definition = EcsRegisterTaskDefinitionOperator(
        task_id="definition",
        family="train",
        container_definitions=[
            {"name": "train", "image": "{{ params.image }}", "cpu": 256, "memory": 512, "command": ["python", "train.py"]}
        ],
        register_task_kwargs={
            "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
        },
    )
    run = EcsRunTaskOperator(
        task_id="run",
        cluster="training",
        task_definition=definition.output,
        launch_type="FARGATE",
        overrides={"containerOverrides": [{"name": "train", "environment": [{"name": "DAY", "value": "{{ ds }}"}]}]},
        network_configuration={"awsvpcConfiguration": {"subnets": subnets(), "securityGroups": [], "assignPublicIp": "ENABLED"}},
        # What stands in for AWS ends the task, and not its containers.
        wait_for_completion=False,
    )
    ended = EcsTaskStateSensor(
        task_id="ended",
        cluster="training",
        task="{{ ti.xcom_pull('run', key='ecs_task_arn') }}",
        target_state=EcsTaskStates.STOPPED,
        failure_states={EcsTaskStates.NONE},
        poke_interval=0.1,
    )
    cluster >> run >> ended >> EcsDeleteClusterOperator(task_id="delete", cluster_name="training")

with DAG("spark", schedule=None):

    @task
    def role():
        iam = AwsBaseHook(client_type="iam").get_conn()
        return iam.create_role(RoleName="glue", AssumeRolePolicyDocument="{}")["Role"]["RoleName"]

    bucket = S3CreateBucketOperator(task_id="bucket", bucket_name="lake")
    script = S3CreateObjectOperator(
        task_id="script", s3_bucket="lake", s3_key="jobs/features.py", data="print('features of {{ ds }}')", replace=True
    )
    features = GlueJobOperator(
        task_id="features",
        job_name="features",
        script_location="s3://lake/jobs/features.py",
        s3_bucket="lake",
        iam_role_name="glue",
        script_args={"--day": "{{ ds }}"},
        create_job_kwargs={"GlueVersion": "5.0", "NumberOfWorkers": 2, "WorkerType": "G.1X"},
        job_poll_interval=1,
    )
    cluster = EmrCreateJobFlowOperator(
        task_id="cluster",
        job_flow_overrides={
            "Name": "training {{ ds }}",
            "ReleaseLabel": "emr-7.1.0",
            "Instances": {
                "InstanceGroups": [
                    {"Name": "Primary", "Market": "ON_DEMAND", "InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}
                ],
                "KeepJobFlowAliveWhenNoSteps": True,
            },
            "JobFlowRole": "EMR_EC2_DefaultRole",
            "ServiceRole": "EMR_DefaultRole",
        },
    )
    steps = EmrAddStepsOperator(
        task_id="steps",
        job_flow_id=cluster.output,
        steps=[
            {"Name": "train", "ActionOnFailure": "CONTINUE",
             "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["spark-submit", "s3://lake/jobs/features.py", "{{ ds }}"]}}
        ],
    )
    [role(), bucket >> script] >> features >> cluster >> steps
    steps >> EmrTerminateJobFlowOperator(task_id="terminate", job_flow_id=cluster.output)
`;

export const bigQuery = `from airflow.sdk import DAG, task
from airflow.providers.google.cloud.operators.bigquery import (
    BigQueryCheckOperator, BigQueryGetDataOperator, BigQueryInsertJobOperator,
)

with DAG("warehouse", schedule=None, params={"limit": 2}):
    query = BigQueryInsertJobOperator(
        task_id="query",
        project_id="shop",
        configuration={
            "query": {
                "query": "SELECT name, amount FROM orders WHERE day = '{{ ds }}' LIMIT {{ params.limit }}",
                "useLegacySql": False,
            }
        },
        location="EU",
    )
    rows = BigQueryGetDataOperator(
        task_id="rows", dataset_id="sales", table_id="top", table_project_id="shop", max_results=10, location="EU"
    )

    @task
    def total(rows):
        return sum(int(amount) for _, amount in rows)

    query >> rows
    total(rows.output)
`;
