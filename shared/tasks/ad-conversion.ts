// Will this impression lead to a conversion? What bids for conversions are worth.
import { adClick } from "./ad-click.ts";
import type { Task } from "./task.ts";

/**
 * The fields and the model of `ad-click`, over all impressions. Label: 1 where the advertiser reported a conversion of it.
 *
 * @example npm run retrain -- --task ad-conversion --outcome conversion --window-minutes 10080
 */
export const adConversion: Task = {
  ...adClick,
  name: "ad-conversion",
  description: "Probability that an impression leads to a conversion",
  label: "conversion",
};
