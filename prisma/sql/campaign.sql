-- One campaign as it was asked for, with its plans in order and the pairs that made no run.
-- $1 campaign id. One row or none; dates are ISO texts.
SELECT campaign.id, campaign.name, campaign.intent, campaign.intent_reason AS "intentReason", campaign.priority,
       campaign.selection AS "select", campaign.created_at AS "createdAt", campaign.created_by AS "createdBy",
       campaign.ended_at AS "endedAt",
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('plan', r.name, 'version', r.version, 'hash', r.hash,
                 'parameters', p.parameters) ORDER BY p.ordinal), '[]')
          FROM campaign_plan p JOIN plan_revision r ON r.id = p.plan_revision_id
         WHERE p.campaign_id = campaign.id) AS plans,
       (SELECT COALESCE(jsonb_agg(jsonb_build_object('plan', n.plan_name, 'dut', dut.serial, 'reason', n.reason)
                 ORDER BY n.ordinal, dut.serial), '[]')
          FROM not_applicable n JOIN dut ON dut.id = n.dut_id
         WHERE n.campaign_id = campaign.id) AS "notApplicable"
  FROM campaign
 WHERE campaign.id = $1;
