/** Who answers predictions under names: endpoints with their traffic, or the one model of `tradewind serve`. */
import type { EndpointAnswer, EndpointRequest } from "../../ml/serving/endpoint-service.ts";
import type { HostedModel } from "../../ml/serving/model-host.ts";

export interface Answering {
  /** @throws TradewindError TW_ENDPOINT_NOT_FOUND, TW_MODEL_INPUT, whatever loading throws. */
  answer(name: string, request: EndpointRequest): Promise<EndpointAnswer> | EndpointAnswer;
  /** The model that most requests are answered by. */
  describe(name: string): Promise<HostedModel>;
  names(): readonly string[];
}
